"""Who judges, and when: one worker at a time, when the log is counted up to the minute, and another when it dies."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from schemas import TrackedEvent
from streams.connections import RedisLink, admin, log_partitions, producer
from streams.ingest.times import to_text
from streams.settings import Settings
from streams.tasks import end
from streams.trends import Applied, Catalog, Contribution, Lease, Standing, Store, digest
from streams.trends.judgements import MODEL, Judgement, Judgements
from streams.worker import judging as module
from streams.worker.judging import Judging
from streams.worker.metrics import Metrics
from tests.brokers import Kafka, Redis, eventually
from tests.integration.system import System

pytestmark = pytest.mark.timeout(300)

DAY = 86_400
EVENT = TrackedEvent(id="greeting", title="T", revision="1" * 12, applied_at=datetime.now(UTC), engine=1, match="hello")
HIT = Contribution("x", "post", "en", ("other",), (), "x:ann", b"12345678", ())


def instants(now: int) -> list[int]:
    """A post every twenty minutes for five days, and sixty within the last three whole minutes."""
    minute = now // 60 * 60
    return [*range(now - 5 * DAY, now - 600, 1_200), *(minute - 1 - at * 3 for at in range(60))]


@pytest.fixture
def system(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> System:
    made = System(kafka, redis_server, prefix, tmp_path)
    made.create_topics()
    return made


class Stage:
    """An event that serves, its posts counted; a log whose first record is five days old, all of it applied."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.link = RedisLink(settings)
        self.judgements = Judgements(self.link.client, settings)
        self.applied = Applied(self.link.client, settings)
        self.partitions: list[TopicPartition] = []

    async def prepare(self, now: int) -> None:
        async with admin(self.settings) as client:
            self.partitions = await log_partitions(client, self.settings)
        await self.applied.restart(dict.fromkeys(self.partitions, 0))
        await self.add(now - 5 * DAY)
        await self.advance(1)
        catalog = Catalog(self.link.client, self.settings)
        await catalog.take_over(EVENT, 0)
        batch = [
            Standing(digest(f"x:{i}"), 0, i, 3, at, at, False, {EVENT.tag: HIT}) for i, at in enumerate(instants(now))
        ]
        await Store(self.link.client, self.settings).apply(batch, {EVENT.tag})

    async def add(self, at: int) -> None:
        """A record that Kafka got then."""
        async with producer(self.settings) as sender:
            await sender.send_and_wait(self.settings.topic("posts"), b"{}", partition=0, timestamp_ms=at * 1_000)

    async def advance(self, end: int) -> None:
        """So many records of it are counted."""
        assert not await self.applied.advance({(self.settings.topic("posts"), 0): (0, end)})

    @asynccontextmanager
    async def judging(self) -> AsyncIterator[None]:
        """A worker's task that judges, killed in the end: it releases nothing."""
        task = Judging(self.settings, self.link.client, Catalog(self.link.client, self.settings), Metrics())
        task._lease.release = asyncio.Event().wait  # type: ignore[assignment, method-assign]
        running = asyncio.create_task(task.follow())
        yield
        await end([running])

    async def judged(self) -> Judgement:
        """The first judgement that comes."""

        async def found() -> list[Judgement]:
            return [*(await self.judgements.of([EVENT.tag])).values()]

        return (await eventually(found, 60, "nobody judged"))[0]

    async def forget(self) -> None:
        await self.judgements.write({})


@pytest.fixture
async def stage(system: System, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    monkeypatch.setattr(module, "LEASE_SECONDS", 3)
    monkeypatch.setattr(module, "POLL_INTERVAL", 0.1)
    made = Stage(system.settings)
    await made.prepare(int(time.time()))
    yield made
    await made.link.close()


async def test_when_the_one_who_judges_is_killed_another_comes_to_the_same(stage: Stage) -> None:
    async with stage.judging():
        first = await stage.judged()
    assert first.burst > MODEL.score
    assert first.detected_at is not None
    await stage.forget()
    async with stage.judging():
        second = await stage.judged()
    assert second.detected_at == first.detected_at
    if second.minute == first.minute:
        assert second == first


async def test_what_is_not_counted_yet_is_not_taken_for_silence(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    await stage.add(int(time.time()) - 200)
    async with stage.judging():
        first = await stage.judged()
    assert (first.blind, first.burst, first.detected_at) == (True, 0, None)
    await stage.advance(2)
    await stage.forget()
    async with stage.judging():
        second = await stage.judged()
    assert (second.blind, second.burst > MODEL.score) == (False, True)


async def test_an_event_that_swells_rings_through_a_worker(system: System) -> None:
    rule = system.folder / "greeting.yaml"
    rule.write_text("id: greeting\ntitle: Greeting\nmatch: |\n  hello\n", encoding="utf-8")
    system.tocsin("events", "apply", str(rule))
    author = {"id": "7", "handle": "ada"}
    async with producer(system.settings) as sender:
        for number, at in enumerate(instants(int(time.time()))):
            record = {
                "platform": "x", "id": str(number), "op": "create", "version": 0, "author": author, "text": "hello",
                "created_at": to_text(at * 1_000),
            }  # fmt: skip
            key = f"x:{number}".encode()
            await sender.send(
                system.settings.topic("posts"), json.dumps(record).encode(), key=key, timestamp_ms=at * 1_000
            )
    link = RedisLink(system.settings)
    assert await Lease(link.client, system.settings, "judging", "a worker that was killed", 5).take()
    await link.close()

    def is_judged() -> bool:
        shown = system.summaries()
        return "greeting" in shown and shown["greeting"].judgement is not None

    with system.worker():
        # A minute has to end, and half another one passes where it was not counted in time.
        await eventually(is_judged, 200, "the event was never judged")
    (found,) = system.tocsin_json("trends", "greeting")
    judgement = found["judgement"]
    assert isinstance(judgement, dict)
    assert judgement["burst"] == judgement["score"] > 4
    assert judgement["lower"] <= judgement["expected"] <= judgement["upper"] < judgement["observed"]
    assert judgement["detected_at"] is not None
    curve = found["curve"]
    assert isinstance(curve, dict)
    assert curve["upper"][-1] is not None
    text = " ".join(system.tocsin("trends", "greeting").split())
    assert "last 24 hours: posts by ten minutes, and the bounds of 95 % to expect" in text
    assert re.search(r"posts seen, expected \d\.\d \(95 %: 0 to \d+\), burst \d\d\.\d, detected 20", text), text
