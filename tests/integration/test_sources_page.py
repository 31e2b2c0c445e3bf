"""The source that docs/sources.md shows works as it stands there."""

import re
from pathlib import Path

import pytest
from aiohttp import web

from schemas import Post
from streams.ingest.frame import reports
from tests.brokers import ROOT, Kafka, Redis, eventually
from tests.integration.connecting import posts, served, working
from tests.integration.log import topic
from tests.integration.system import System

PAGE = ROOT / "docs" / "sources.md"


@pytest.fixture
def system(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> System:
    return System(kafka, redis_server, prefix, tmp_path)


async def test_the_source_of_the_page_brings_posts_in(system: System) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert sum(bool(line.strip()) for line in code.splitlines()) == 50
    source: dict[str, object] = {"__name__": "notes"}
    exec(compile(code, str(PAGE), "exec"), source)
    notes = [{"id": number, "by": "ada", "text": f"note {number}", "at": 1_750_000_000} for number in range(1, 6)]
    notes[3]["text"] = "x" * 200_000  # longer than a post may be

    async def new(request: web.Request) -> web.Response:
        return web.json_response([note for note in notes if int(str(note["id"])) > int(request.query["after"])][:2])

    application = web.Application()
    application.add_routes([web.get("/new", new)])
    make = source["Notes"]
    assert callable(make)
    async with (
        served(application) as url,
        working(system, lambda session: make(session, f"{url}/new", 0.01)) as connector,
    ):

        async def arrived() -> bool:
            found = await reports.newest(system.settings, "under-test")
            return found is not None and found.cursor == "5"

        await eventually(arrived, 60, "the last note was never confirmed")
        await connector.ended()
    assert {each.text for each in await posts(system.settings) if isinstance(each, Post)} == {
        f"note {number}" for number in (1, 2, 3, 5)
    }
    assert len(await topic(system.settings, "dead-letters")) == 1
