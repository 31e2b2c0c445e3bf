"""A Redis that loses a run's counts before the run is done: the run is done again, and its marker with it."""

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import cast

from aiokafka.structs import ConsumerRecord
from faust.types import TP

from schemas import DeadLetter, Match, TrackedEvent
from streams import embedded
from streams.connections import RedisLink
from streams.matching import Matcher
from streams.settings import Settings
from streams.transport import Committed, Run
from streams.trends import Applied, Store, Windows
from streams.worker.metrics import Metrics
from streams.worker.pipeline import Pipeline
from streams.worker.positions import WorkerPositions
from streams.worker.prepare import Rules
from streams.worker.publisher import Publisher
from streams.worker.registry import Registry

POSTS = TP("posts", 0)
EVENT = TrackedEvent(
    id="greeting", title="Greeting", revision="0123456789ab", applied_at=datetime(2025, 3, 14, tzinfo=UTC),
    engine=1, match="hello",
)  # fmt: skip


class LoadedRegistry:
    """Stands in for the registry: one event, loaded."""

    rules = Rules.of(Matcher([EVENT]), 1)

    async def wait_for(self, generation: int) -> None:
        return


class InterruptedPublisher:
    """Stands in for the publisher: something happens while it publishes, once."""

    def __init__(self) -> None:
        self.interruption: Callable[[], Awaitable[None]] | None = None

    async def publish(self, matches: Sequence[Match], dead_letters: Sequence[DeadLetter]) -> None:
        interruption, self.interruption = self.interruption, None
        if interruption is not None:
            await interruption()


def run(base: int, end: int) -> Run:
    """A run of posts that match."""
    now = int(time.time() * 1_000)
    records = []
    for offset in range(base, end):
        author = '{"id": "7", "handle": "ada"}'
        value = f'{{"platform":"x","id":"{offset}","op":"create","version":0,"author":{author},"text":"hello"}}'
        key = f"x:{offset}".encode()
        records.append(ConsumerRecord("posts", 0, offset, now, 0, key, value.encode(), None, -1, 0, ()))
    return Run(POSTS, base, end, records, 1)


async def test_a_crash_between_counts_and_marker_loses_nothing(tmp_path: Path) -> None:
    server = embedded.redis_server(tmp_path)  # without an append-only file: what isn't saved is lost
    server.start()
    settings = Settings(redis=f"redis://{server.address}/0")
    link = RedisLink(settings)
    registry, publisher, applied = LoadedRegistry(), InterruptedPublisher(), Applied(link.client, settings)
    positions = WorkerPositions(cast(Registry, registry), applied, lambda _: True)
    pipeline = Pipeline(
        settings, link, Store(link.client, settings), cast(Registry, registry), positions,
        cast(Publisher, publisher), Metrics(),
    )  # fmt: skip

    async def crash() -> None:
        server.kill()
        server.start()

    try:
        await positions.starts({POSTS: Committed(0, 1)})
        done: list[int] = []
        await pipeline.take(run(0, 10), lambda: done.append(10))
        await pipeline.write()
        await link.client.save()
        publisher.interruption = crash
        for base in (10, 15):
            await pipeline.take(run(base, base + 5), partial(done.append, base + 5))
        await pipeline.write()
        assert done == [10, 15, 20]
        counted = await Windows(link.client, settings).counts(EVENT.tag, "1h", None)
        assert counted["all"] == 20
        assert await applied.read([POSTS]) == {POSTS: 20}
    finally:
        await link.close()
        server.kill()


async def test_a_run_that_became_stale_while_it_waited_is_neither_written_nor_finished(tmp_path: Path) -> None:
    server = embedded.redis_server(tmp_path)
    server.start()
    settings = Settings(redis=f"redis://{server.address}/0")
    link = RedisLink(settings)
    stale: set[int] = set()
    positions = WorkerPositions(
        cast(Registry, LoadedRegistry()), Applied(link.client, settings), lambda run: run.base not in stale
    )
    pipeline = Pipeline(
        settings, link, Store(link.client, settings), cast(Registry, LoadedRegistry()), positions,
        cast(Publisher, InterruptedPublisher()), Metrics(),
    )  # fmt: skip
    try:
        await positions.starts({POSTS: Committed(0, 1)})
        done: list[int] = []
        for base in (0, 10):
            await pipeline.take(run(base, base + 10), partial(done.append, base))
        stale.add(10)
        await pipeline.write()
        assert done == [0]
        counted = await Windows(link.client, settings).counts(EVENT.tag, "1h", None)
        assert counted["all"] == 10
        await pipeline.idle()
    finally:
        await link.close()
        server.kill()
