"""What could be seen, and when: since when there is a log at all, and the times in which a connector was blind.

The log's beginning is kept in Redis beside the counts, for as long as they are: Kafka forgets it after the retention.
Knows no Kafka: what it says is handed in.
"""

import time
from dataclasses import dataclass
from typing import Any

from streams.settings import Settings
from streams.trends.connectors import Connectors, blind_spells
from streams.trends.keys import DAY, KEEP_1H, Keys
from streams.trends.scripts import Client

Spells = tuple[tuple[int, int], ...]
"""Unix seconds [from, until), in order and apart."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What counts may be taken for whole: from `began` (unix seconds) on, but for the `blind` spells."""

    began: int
    blind: Spells


class Sights:
    """What is known of it in Redis."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._redis: Any = redis  # redis-py types replies as bytes or str; here they are bytes
        self._key = Keys(settings.prefix).log_began()
        self._connectors = Connectors(redis, settings)

    async def now(self) -> Sight | None:
        """What could be seen up to now; None where nothing is known of a log."""
        found = await self._redis.get(self._key)
        if found is None:
            return None
        reports = await self._connectors.reports()
        return Sight(int(found), tuple(blind_spells(reports.values(), time.time())))

    async def note(self, began: int) -> None:
        """Note since when there is a log (unix seconds): of all that is ever said, the earliest holds."""
        found = await self._redis.get(self._key)
        earliest = began if found is None else min(began, int(found))
        # Longer than the oldest count: what it says of those must not be forgotten before them.
        await self._redis.set(self._key, earliest, ex=KEEP_1H + 2 * DAY)
