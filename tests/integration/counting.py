"""A worker that counts one event in a test, and what it has counted by now."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from streams.connections import RedisLink
from streams.trends import Catalog, Windows
from streams.trends.overview import trend
from tests.integration.system import System


@asynccontextmanager
async def counting(system: System, rule: str) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    """What matches `rule` in the last 24 hours, asked for anew with each call; -1: not counted yet."""
    event = system.folder / "event.yaml"
    event.write_text(f"id: counted\ntitle: t\nmatch: |\n  {rule}\n")
    system.tocsin("topics", "create")
    system.tocsin("events", "apply", str(event))
    redis = RedisLink(system.settings)
    catalog, windows = Catalog(redis.client, system.settings), Windows(redis.client, system.settings)

    async def count() -> int:
        found = await trend(catalog, windows, "counted")
        return -1 if found is None else found.windows["24h"].get("all", 0)

    try:
        with system.worker():
            yield count
    finally:
        await redis.close()
