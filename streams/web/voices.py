"""Voices and the busiest authors' share of all events, kept up beside the scrapes: both take too long for one.

They are worked out again only for events whose counts have moved, or when a new ten minutes begins, and that takes at
most a third of one core: with thousands of busy events they lag behind the other metrics. Knows no HTTP.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from streams.connections import REDIS_AWAY
from streams.trends import Catalog, Windows
from streams.trends.drivers import Drivers
from streams.trends.overview import AT_ONCE, PEOPLE_WINDOWS

log = logging.getLogger(__name__)

#: Seconds between two rounds over the events.
INTERVAL = 15.0
#: How many times as long as an event took it rests before the next.
REST = 2


class Measured(NamedTuple):
    """By window: voices, without those of too many texts; and the share of the ten busiest authors, where there are
    posts."""

    voices: Mapping[str, int]
    top_authors: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Known:
    mark: tuple[int, int, int]
    """Contributions added and taken back, and the ten minutes, under which it was worked out."""
    measured: Measured


class VoiceCounts:
    """What was worked out last, by tag."""

    def __init__(self, catalog: Catalog, windows: Windows, drivers: Drivers) -> None:
        self._catalog = catalog
        self._windows = windows
        self._drivers = drivers
        self._known: dict[str, _Known] = {}

    def of(self, tag: str) -> Measured:
        """What is known of a revision; nothing, where it hasn't been its turn."""
        known = self._known.get(tag)
        return known.measured if known else Measured({}, {})

    async def follow(self) -> None:
        """Go over all events again and again, for ever."""
        while True:
            try:
                await self.go_over()
            except (*REDIS_AWAY, TimeoutError):
                self._known.clear()  # scrapes say that Redis is away
            except Exception:
                self._known.clear()
                log.exception("Voices could not be counted")
            await asyncio.sleep(INTERVAL)

    async def go_over(self) -> None:
        """Work out once what has moved. Raises redis-py's errors."""
        tags = [event.tag for event in (await self._catalog.serving()).values()]
        self._known = {tag: known for tag, known in self._known.items() if tag in set(tags)}
        for start in range(0, len(tags), AT_ONCE):
            for tag, changes in (await self._windows.changes(tags[start : start + AT_ONCE])).items():
                mark = (*changes, int(time.time()) // 600)
                known = self._known.get(tag)
                if known is None or known.mark != mark:
                    began = time.perf_counter()
                    self._known[tag] = _Known(mark, await self._measure(tag))
                    await asyncio.sleep(REST * (time.perf_counter() - began))

    async def _measure(self, tag: str) -> Measured:
        voices = await self._drivers.voices(tag, PEOPLE_WINDOWS)
        shares = {window: (await self._drivers.authors(tag, window)).top_share for window in PEOPLE_WINDOWS}
        return Measured(
            {window: n for window, n in voices.items() if n is not None},
            {window: share for window, share in shares.items() if share is not None},
        )
