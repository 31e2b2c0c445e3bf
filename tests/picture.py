"""The README's picture of the page: `python -m tests.picture docs/page.png`, with Chromium and the extra `browser`.

The sample's first day, laid onto two, ends now, in the midst of the Kursk event's surge: so there is a past to expect
something from. Runs the demo's own servers, and leaves nothing but the picture.
"""

import asyncio
import gzip
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import orjson
from playwright.async_api import ViewportSize, async_playwright

from streams.demo.stage import prepared, ready
from streams.tracking import topic
from streams.tracking.files import read_drafts
from tests.brokers import ROOT, eventually

EVENT = "kursk-surrender-offer"
ENDS = "2025-03-14T17:00"
SPAN = "40h"
#: Seconds for the workers to count and judge all of it: judging waits for a whole minute.
JUDGED = 180.0
SIZE = ViewportSize(width=1320, height=880)


def sample() -> Iterator[bytes]:
    """The records of the sample that were written before the picture's moment."""
    for name, times in (("posts", ("created_at", "edited_at")), ("articles", ("published_at", "updated_at"))):
        with gzip.open(ROOT / "seeds" / "sample" / f"{name}.ndjson.gz") as lines:
            for line in lines:
                try:
                    record = orjson.loads(line)
                    at = max(record[time] for time in times if record.get(time))
                except (ValueError, AttributeError, TypeError):  # bad on purpose, or a deletion
                    continue
                if "2025-03-13T18" <= at < ENDS:
                    yield line


async def take(target: Path) -> None:
    """Take the picture."""
    async with prepared() as stage:
        await ready(stage)
        await topic.apply(stage.settings, read_drafts([ROOT / "seeds" / "events"]))
        with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
            file.writelines(sample())
            file.flush()
            command = [sys.executable, "-m", "streams", "ingest", "files", file.name, "--span", SPAN]
            feeding = await asyncio.create_subprocess_exec(*command, env={**os.environ, **stage.variables})
            await feeding.wait()
        async with aiohttp.ClientSession() as session:

            async def surges() -> bool:
                async with session.get(f"{stage.url}/trends") as response:
                    events = (await response.json())["events"]
                return any(each["event"] == EVENT and (each["judgement"] or {}).get("detected_at") for each in events)

            await eventually(surges, JUDGED, "the surge was not detected")
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium")
            page = await browser.new_page(viewport=SIZE, locale="en-GB", color_scheme="light")
            await page.goto(f"{stage.url}/#event={EVENT}&window=24h")
            await page.locator("#plot[aria-busy=false] canvas").wait_for()
            await page.get_by_role("region", name="Claims", exact=True).wait_for()
            await page.screenshot(path=target)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1])))
