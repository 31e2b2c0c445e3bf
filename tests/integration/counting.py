"""A worker that counts one event in a test, and what it has counted by now."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from streams.connections import RedisLink
from streams.trends import Catalog, Windows
from streams.trends.overview import trend
from tests.brokers import eventually
from tests.integration.system import System

EVENT = "counted"


class Counting:
    """What the worker has counted within the last 24 hours."""

    def __init__(self, system: System, redis: RedisLink) -> None:
        self._system = system
        self._catalog = Catalog(redis.client, system.settings)
        self._windows = Windows(redis.client, system.settings)

    async def reaches(self, wanted: int) -> None:
        """Return once so many posts are counted."""

        async def reached() -> bool:
            return await self._count() == wanted

        await eventually(reached, 60, f"never {wanted} posts")

    async def ends_at(self, wanted: int) -> None:
        """Return once so many are counted; all of the log is by then, and a recount of it says the same."""
        await self.reaches(wanted)
        report = (await asyncio.to_thread(self._system.recounts, EVENT))[EVENT]
        assert (report["posts"], report["differences"]) == (wanted, 0), report
        assert await self._count() == wanted

    async def _count(self) -> int | None:
        found = await trend(self._catalog, self._windows, EVENT)
        return None if found is None else found.windows["24h"].get("all", 0)


@asynccontextmanager
async def counting(system: System, rule: str) -> AsyncIterator[Counting]:
    """A worker that counts what matches `rule`."""
    event = system.folder / "event.yaml"
    event.write_text(f"id: {EVENT}\ntitle: t\nmatch: |\n  {rule}\n")
    system.create_topics()
    system.tocsin("events", "apply", str(event))
    redis = RedisLink(system.settings)
    try:
        with system.worker():
            yield Counting(system, redis)
    finally:
        await redis.close()
