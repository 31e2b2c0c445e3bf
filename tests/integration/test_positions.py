"""The markers in Redis: they follow what was applied, and never outlive it."""

from collections.abc import AsyncIterator
from typing import cast

import pytest
from faust.types import TP

from streams.connections import RedisLink
from streams.settings import Settings
from streams.transport import Committed, Run
from streams.trends import Applied
from streams.worker.positions import RedisForgot, WorkerPositions
from streams.worker.registry import Registry
from tests.brokers import Redis

TP0 = TP("posts", 0)


class LoadedRegistry:
    """Stands in for the registry: its rules are loaded."""

    async def wait_for(self, generation: int) -> None:
        return


class Worker:
    """Positions on a real Redis, and which epoch is the present one."""

    def __init__(self, link: RedisLink, settings: Settings) -> None:
        self.epoch = 1
        self.applied = Applied(link.client, settings)
        registry = cast(Registry, LoadedRegistry())
        self.positions = WorkerPositions(registry, self.applied, lambda run: run.epoch == self.epoch)

    async def start(self, committed: int | None) -> int | None:
        """Where partition 0 is read from, given its commit."""
        starts = await self.positions.starts({TP0: Committed(committed, 0) if committed is not None else None})
        return starts[TP0]

    async def marker(self) -> int | None:
        return (await self.applied.read([TP0]))[TP0]

    def run(self, base: int, end: int) -> Run:
        return Run(TP0, base, end, [], self.epoch)


@pytest.fixture
async def worker(redis_server: Redis, prefix: str) -> AsyncIterator[Worker]:
    settings = Settings.from_environment({"TOCSIN_REDIS": redis_server.url, "TOCSIN_PREFIX": prefix.rstrip("-")})
    link = RedisLink(settings)
    yield Worker(link, settings)
    await link.close()


async def test_reading_starts_at_the_lower_of_commit_and_marker(worker: Worker) -> None:
    assert await worker.start(committed=None) is None
    await worker.positions.advance([worker.run(0, 40)])
    assert await worker.start(committed=25) == 25
    assert await worker.start(committed=90) == 25


async def test_without_a_marker_reading_starts_at_the_logs_start(worker: Worker) -> None:
    assert await worker.start(committed=40) is None


async def test_a_marker_that_fell_back_is_noticed(worker: Worker) -> None:
    await worker.start(committed=None)
    await worker.positions.advance([worker.run(0, 40)])
    await worker.applied.restart({TP0: 10})
    with pytest.raises(RedisForgot):
        await worker.positions.advance([worker.run(40, 50)])


async def test_a_run_from_before_a_seek_moves_no_marker(worker: Worker) -> None:
    await worker.start(committed=None)
    await worker.positions.advance([worker.run(0, 40)])
    stale = worker.run(40, 50)
    await worker.applied.restart({TP0: 10})
    worker.epoch += 1
    assert await worker.start(committed=40) == 10
    await worker.positions.advance([stale])
    assert await worker.marker() == 10
