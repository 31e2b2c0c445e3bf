"""What connectors last reported, in Redis: the cache of the topic `cursors`, and from when to when nobody saw anything.

A report that Redis loses comes again with the connector's next heartbeat. Knows nothing of platforms.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from schemas.codec import decode_connector, encode
from schemas.connector import Connector
from streams.settings import Settings
from streams.trends.keys import Keys
from streams.trends.scripts import Client

HEARTBEAT = 10
"""Seconds between two reports of a connector that lives."""

PRESUMED_BLIND = 60
"""Seconds after its last report from which on a connector counts as blind since then: it was killed, or cut off."""


class Connectors:
    """The newest report of each connector."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._redis: Any = redis  # redis-py types replies as bytes or str; here they are bytes
        self._key = Keys(settings.prefix).connectors()

    async def report(self, report: Connector) -> None:
        """Set what this connector reports."""
        await self._redis.hset(self._key, report.connector, encode(report))

    async def remove(self, connector: str) -> None:
        """Forget a connector that is no longer run: what it does not see is nobody's loss."""
        await self._redis.hdel(self._key, connector)

    async def reports(self) -> dict[str, Connector]:
        """Connector -> its newest report."""
        found = await self._redis.hgetall(self._key)
        return {name.decode(): decode_connector(value) for name, value in found.items()}


def blind_since(report: Connector, now: float) -> datetime | None:
    """Since when this connector has been blind; None where it sees."""
    if report.blind_since is None and now - report.at.timestamp() > PRESUMED_BLIND:
        return report.at
    return report.blind_since


def blind_spells(reports: Iterable[Connector], now: float) -> list[tuple[int, int]]:
    """The unix seconds [from, until) in which at least one connector was blind, in order and apart."""
    spells: list[tuple[int, int]] = []
    for report in reports:
        spells += [(int(each.since.timestamp()), int(each.until.timestamp())) for each in report.blind]
        since = blind_since(report, now)
        if since is not None:
            spells.append((int(since.timestamp()), int(now)))
    merged: list[tuple[int, int]] = []
    for begin, until in sorted(spells):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        elif begin < until:
            merged.append((begin, until))
    return merged
