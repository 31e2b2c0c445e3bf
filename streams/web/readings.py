"""The asking for a scrape: all events at this moment and how full Redis is, at most every few seconds.

A Redis that is away, slow or another process than before leaves no stale number. Knows no HTTP and no format.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio.cluster import RedisCluster

from streams.alerts.overview import firing
from streams.connections import RedisClient, RedisLink
from streams.settings import Settings
from streams.trends import Catalog, Glances
from streams.trends.connectors import Connectors
from streams.trends.judgements import Judgements
from streams.web.exposition import Reading, Snapshot
from streams.web.voices import VoiceCounts

#: Seconds for which a snapshot answers further scrapes.
KEEP = 5.0


class Reader:
    """Reads all events that are shown, what connectors reported, and how full Redis is."""

    def __init__(self, redis: RedisLink, catalog: Catalog, voices: VoiceCounts, settings: Settings) -> None:
        self._settings = settings
        self._redis = redis
        self._catalog = catalog
        self._voices = voices
        self._glances = Glances(redis.client, settings)
        self._judgements = Judgements(redis.client, settings)
        self._connectors = Connectors(redis.client, settings)
        self._changes = redis.changes

    async def read(self) -> Snapshot:
        """Everything at this moment. Raises redis-py's errors."""
        snapshot = await self._read()
        if self._redis.changes != self._changes:  # another process answered, which may know less than is remembered
            self._changes = self._redis.changes
            self._glances.forget()
            snapshot = await self._read()
        return snapshot

    async def _read(self) -> Snapshot:
        events = list((await self._catalog.serving()).values())
        tags = [event.tag for event in events]
        found, judged = await self._glances.of(tags), await self._judgements.of(tags)
        rings: defaultdict[str, set[str]] = defaultdict(set)
        for event_id, alert in await firing(self._redis.client, self._settings):
            rings[event_id].add(alert)
        readings = [
            Reading(
                event,
                each.windows,
                each.people,
                each.matched,
                each.retracted,
                judged.get(event.tag),
                *self._voices.of(event.tag),
                rings[event.id],
            )
            for event in events
            for each in (found[event.tag],)
        ]
        reports = (await self._connectors.reports()).values()
        return Snapshot(readings, reports, time.time(), *await memory(self._redis.client))


async def memory(redis: RedisClient) -> tuple[int, int]:
    """Bytes that Redis uses, and its limit or 0; of a Redis Cluster those of the fullest node."""
    if isinstance(redis, RedisCluster):
        found: Any = await redis.execute_command("INFO", "memory", target_nodes=RedisCluster.PRIMARIES)
        nodes = found.values() if "used_memory" not in found else [found]  # of a single node: no more than its answer
    else:
        nodes = [await redis.info("memory")]
    sizes = [(int(each["used_memory"]), int(each.get("maxmemory", 0))) for each in nodes]
    return max(sizes, key=lambda each: (each[0] / each[1] if each[1] else 0, each[0]))


class Recent:
    """The last snapshot, for `KEEP` seconds; scrapes that come meanwhile wait for the one that is asking."""

    def __init__(self, ask: Callable[[], Awaitable[Snapshot]]) -> None:
        self._ask = ask
        self._snapshot: Snapshot | None = None
        self._taken = float("-inf")
        self._asking = asyncio.Lock()

    async def get(self, limit: float | None) -> Snapshot:
        """The snapshot, within `limit` seconds. Raises redis-py's errors and TimeoutError, and then keeps none."""
        async with asyncio.timeout(limit), self._asking:
            if self._snapshot is None or time.monotonic() - self._taken > KEEP:
                self._snapshot = None
                self._snapshot = await self._ask()
                self._taken = time.monotonic()
            return self._snapshot
