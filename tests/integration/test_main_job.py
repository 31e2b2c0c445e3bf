"""The main job, end to end, on real posts: fed through Kafka, matched, counted, and recounted equal whatever happens.

Every second of 131,893 real posts of October 2016, five seed events and twenty broad ones. Under way the worker is
killed five times, an event is applied late and another one's rule is changed; a twin of each, applied before the start,
says what they ought to come to. Then everything is fed once more, and nothing may change.
"""

import io
import itertools
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import zstandard

from streams.connections import RedisLink, admin, log_partitions
from streams.connections import committed as commits
from streams.trends.sight import Sights
from tests.brokers import ROOT, Kafka, Redis, eventually
from tests.integration.october_2016 import RULES, event
from tests.integration.system import System

POSTS = ROOT.parent / "shared" / "data" / "posts" / "ira-2016-10.ndjson.zst"
RECORDS = 65_947
KILLS = 5
DAYS = 6
COMPARED = ("late", "late-twin", "changed", "changed-twin", "trump")

LATE = "obama OR trump OR clinton"
BEFORE = "police OR debate"
AFTER = "police OR debate OR hurricane -matthew"


@pytest.fixture
def system(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> System:
    return System(kafka, redis_server, prefix, tmp_path)


def every_second(to: Path) -> Path:
    """Half of the posts, so that the test takes two minutes."""
    with POSTS.open("rb") as packed, to.open("wb") as file:
        lines = io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True))
        file.writelines(itertools.islice(lines, 0, None, 2))
    return to


def write_events(folder: Path, **rules: str) -> Path:
    """A folder of event files; underscores in names stand for dashes."""
    folder.mkdir(exist_ok=True)
    for name, rule in rules.items():
        name = name.replace("_", "-")
        (folder / f"{name}.yaml").write_text(event(name, rule), encoding="utf-8")
    return folder


@pytest.mark.timeout(900)  # a tenth of that where the machine has nothing else to do
@pytest.mark.skipif(not POSTS.exists(), reason="the real posts are not there")
async def test_real_posts_recount_equal_after_kills_late_events_changed_rules_and_a_second_feed(system: System) -> None:
    folder = system.folder
    system.create_topics()
    system.tocsin("events", "apply", "seeds/events")
    broad = write_events(folder / "broad", **RULES)
    changed = write_events(folder / "changed", changed=BEFORE)
    twins = write_events(folder / "twins", late_twin=LATE, changed_twin=AFTER)
    system.tocsin("events", "apply", str(broad), str(changed), str(twins))
    until = datetime.now(UTC).replace(microsecond=0)
    feed = ["ingest", "files", str(every_second(folder / "posts.ndjson")), "--span", f"{DAYS}d", "--json"]
    feed += ["--until", until.isoformat().replace("+00:00", "Z")]

    with system.process(*feed) as ingest:
        for kill in range(1, KILLS + 1):
            with system.worker() as worker:
                await until_committed(system, RECORDS * kill // (KILLS + 2))
                worker.kill()
            if kill == (KILLS + 1) // 2:
                late = write_events(folder / "late", late=LATE, changed=AFTER)
                system.tocsin("events", "apply", str(late))
        with system.worker():
            output, _ = ingest.communicate(timeout=300)
            assert json.loads(output)["posts"] == RECORDS
            reports = system.recounts(wait="120s")
            assert {each["event"]: each["first"] for each in reports.values() if not each["equal"]} == {}
            assert len(reports) == 5 + len(RULES) + 4
            assert sum(each["posts"] for each in reports.values()) >= 10_000

            # At a minute's end: what shorter buckets expire meanwhile is no part of it.
            at = str(int(time.time()) // 60 * 60 - 1)
            await note_beginning(system, until - timedelta(days=DAYS))
            first = {
                name: trend(system, name, at) for name in ("late", "late-twin", "changed", "changed-twin", "trump")
            }
            assert all(each["judgement"] for each in first.values())
            assert first["late"] == first["late-twin"]
            assert first["changed"] == first["changed-twin"]

            system.tocsin(*feed)
            again = system.recounts(wait="120s")
            assert {name: each["posts"] for name, each in again.items()} == {n: e["posts"] for n, e in reports.items()}
            assert all(each["equal"] for each in again.values())
            assert trend(system, "trump", at) == first["trump"]


async def committed(system: System) -> int:
    """How many posts the workers have committed."""
    async with admin(system.settings) as client:
        found = await commits(client, system.settings, await log_partitions(client, system.settings))
    return sum(each.offset for each in found.values())


async def until_committed(system: System, count: int) -> None:
    """Return when the workers have come so far."""

    async def far_enough() -> bool:
        return await committed(system) >= count

    await eventually(far_enough, 240, f"the workers never committed {count} records")


async def note_beginning(system: System, at: datetime) -> None:
    """Say since when there is a log, as the worker that judges does after a while: it decides what can be judged."""
    link = RedisLink(system.settings)
    await Sights(link.client, system.settings).note(int(at.timestamp()))
    await link.close()


def trend(system: System, name: str, at: str) -> Any:
    """What `tocsin trends` shows of an event, but for what names it, and for which of a record's equals counts."""
    (shown,) = system.tocsin_json("trends", name, "--at", at)
    names = ("id", "event", "title", "revision", "at")
    return _without_places({key: value for key, value in shown.items() if key not in names})


def _without_places(shown: Any) -> Any:
    if isinstance(shown, dict):
        return {key: _without_places(value) for key, value in shown.items() if key not in ("partition", "offset")}
    return [_without_places(each) for each in shown] if isinstance(shown, list) else shown
