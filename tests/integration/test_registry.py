"""Whatever Redis forgets of the catalog, a worker that goes on running tells it again."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka.structs import ConsumerRecord
from redis.asyncio import Redis

from schemas import TrackedEvent
from schemas.codec import encode
from streams.settings import Settings
from streams.trends import Catalog
from streams.worker import registry as module
from streams.worker.metrics import Metrics
from streams.worker.registry import Registry
from tests import brokers
from tests.brokers import eventually
from tests.unit.matching.records import event

OLD, NEW = event("kursk", revision="a" * 12), event("kursk", revision="b" * 12)


class Running:
    """A registry that watches a real Redis, and is handed records."""

    def __init__(self, redis: Any, settings: Settings) -> None:
        self.redis = redis
        self.settings = settings
        self.registry = Registry(settings, Catalog(redis, settings), Metrics())
        self.registry.loaded.set()

    async def applied(self, offset: int, each: TrackedEvent) -> None:
        """Have it read that an event was applied."""
        raw = ConsumerRecord("tracked-events", 0, offset, 0, 0, each.id.encode(), encode(each), None, 0, 0, ())
        await self.registry.take([raw])
        await self.registry.rebuild(offset + 1)

    async def shown(self) -> tuple[dict[str, TrackedEvent], dict[str, TrackedEvent]]:
        """What one sees who reads the catalog for the first time: what serves, what is coming."""
        catalog = Catalog(self.redis, self.settings)
        return dict(await catalog.serving()), dict(await catalog.pending())

    async def shows(self, serving: TrackedEvent | None, pending: TrackedEvent | None) -> None:
        """Return when that is what serves, and what is coming."""
        expected = tuple({each.id: each} if each else {} for each in (serving, pending))

        async def reached() -> bool:
            return await self.shown() == expected

        await eventually(reached)

    async def keys(self) -> list[bytes]:
        return [key async for key in self.redis.scan_iter(f"{self.settings.prefix}:*", count=10_000)]

    async def lose_definition(self, each: TrackedEvent) -> None:
        (definitions,) = [key for key in await self.keys() if key.endswith(b"definitions")]
        assert await self.redis.hdel(definitions, each.tag) == 1


@pytest.fixture
async def running(redis_server: brokers.Redis, prefix: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    monkeypatch.setattr(module, "WATCH_INTERVAL", 0.02)
    monkeypatch.setattr(module, "SWEEP_INTERVAL", 0.02)
    client = Redis.from_url(redis_server.url)
    worker = Running(client, Settings(redis=redis_server.url, prefix=prefix.rstrip("-")))
    task = asyncio.create_task(worker.registry.watch())
    yield worker
    assert not task.done()
    while not task.done():  # wait_for of Python 3.11, through which redis-py writes, loses a cancellation now and then
        task.cancel()
        await asyncio.wait([task], timeout=0.2)
    await client.aclose()


async def test_what_was_coming_comes_again_after_redis_lost_everything(running: Running) -> None:
    await running.applied(0, OLD)
    await running.shows(None, OLD)
    await running.redis.delete(*await running.keys())
    await running.shows(None, OLD)


async def test_what_was_coming_comes_again_after_redis_fell_back_to_a_time_before_it(running: Running) -> None:
    await running.applied(0, OLD)
    await running.shows(None, OLD)
    await Catalog(running.redis, running.settings).take_over(OLD, 0)
    await running.shows(OLD, None)
    snapshot = {key: await running.redis.dump(key) for key in await running.keys()}
    await running.applied(1, NEW)
    await running.shows(OLD, NEW)
    async with running.redis.pipeline(transaction=True) as at_once:  # or the watcher finds nothing, and writes it anew
        at_once.delete(*await running.keys())
        for key, value in snapshot.items():
            at_once.restore(key, 0, value, replace=True)
        await at_once.execute()
    await running.shows(OLD, NEW)


@pytest.mark.parametrize("serves", [False, True], ids=["of what is coming", "of what serves"])
async def test_a_lost_definition_is_written_again(running: Running, serves: bool) -> None:
    await running.applied(0, OLD)
    await running.shows(None, OLD)
    if serves:
        await Catalog(running.redis, running.settings).take_over(OLD, 0)
    expected = (OLD, None) if serves else (None, OLD)
    await running.shows(*expected)
    await running.lose_definition(OLD)
    await running.shows(*expected)


async def test_a_new_title_of_what_serves_is_shown_and_nothing_is_counted_anew(running: Running) -> None:
    await running.applied(0, OLD)
    await running.shows(None, OLD)
    await Catalog(running.redis, running.settings).take_over(OLD, 0)
    titled = event("kursk", revision=OLD.revision, title="Another")
    await running.applied(1, titled)
    await running.shows(titled, None)
