"""Reads the bucket ladder of events as the burst model takes it: dense counts by hour and by minute.

Also from when on an event's counts are whole, so that what is from before that is missing, not zero. Asks for many
events in one round trip; knows no model, no connector and no clock.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from schemas import TrackedEvent
from streams.settings import Settings
from streams.trends.bursts import KEPT_DAYS, Ladder
from streams.trends.keys import DAY, HOUR, KEEP_1M, MINUTE, Keys
from streams.trends.scripts import Call, Client, Script
from streams.trends.sight import Sight

MINUTES = KEEP_1M // MINUTE
"""Minutes back from the running one of which every one is still kept."""

Range = tuple[int, int]
"""Buckets [first, end), counted from the epoch."""

#: Revisions that share a call: a millisecond or two of Redis.
_SUMMED_TOGETHER, _READ_TOGETHER = 50, 10

_encode = msgspec.msgpack.Encoder().encode


class Ladders:
    """The rungs of hours and of minutes."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._redis = redis
        self._keys = Keys(settings.prefix)
        self._retention = settings.retention
        self._script = Script("ladder.lua")

    def counted_from(self, event: TrackedEvent, began: int) -> int:
        """Unix seconds from which on the event's counts are whole.

        That is its `since`, but not before the log `began`, nor before what the log still held when it was applied.
        """
        since = 0 if event.since is None else int(event.since.timestamp())
        return max(since, began, int(event.applied_at.timestamp()) - self._retention)

    async def of(self, events: Sequence[TrackedEvent], last: int, sight: Sight) -> dict[str, Ladder]:
        """Tag -> all that is kept of the event up to the minute `last`: of hours what the model remembers, and 25 h."""
        tags = [event.tag for event in events]
        hours = self.remembered(last // 60 + 1)
        by_hour = await self.hours(tags, hours)
        by_minute = await self.minutes(tags, (last + 1 - MINUTES, last + 1))
        found = {}
        for event in events:
            counted = self.counted_from(event, sight.began)
            hour = min(max(hours[0], -(-counted // HOUR)), hours[1])
            minute = min(max(last + 1 - MINUTES, -(-counted // MINUTE)), last + 1)
            found[event.tag] = Ladder(
                hour,
                by_hour[event.tag][hour - hours[0] :],
                minute,
                by_minute[event.tag][minute - last - 1 + MINUTES :],
                sight.blind,
            )
        return found

    def remembered(self, end: int) -> Range:
        """The hours before `end` that the model looks at: whole days of them, and the present one."""
        return ((end // 24 - KEPT_DAYS - 1) * 24, end)

    async def hours(self, tags: Collection[str], hours: Range) -> dict[str, list[int]]:
        """Tag -> posts of each of these hours. They are kept for 35 days; what isn't kept reads as 0."""
        return await self._dense(tags, "1h", hours, DAY // HOUR)

    async def minutes(self, tags: Collection[str], minutes: Range) -> dict[str, list[int]]:
        """Tag -> posts of each of these minutes. They are kept for 25 h; what isn't kept reads as 0."""
        return await self._dense(tags, "1m", minutes, HOUR // MINUTE)

    async def totals(self, tags: Collection[str], minutes: Sequence[Range]) -> dict[str, int]:
        """Tag -> posts in all of these minutes together."""
        parts = [part for each in minutes for part in _parts(each, HOUR // MINUTE)]
        if not parts:
            return dict.fromkeys(tags, 0)
        return dict(zip(tags, await self._ask(tags, "1m", parts, summed=True), strict=True))

    async def _dense(self, tags: Collection[str], rung: str, buckets: Range, size: int) -> dict[str, list[int]]:
        parts = _parts(buckets, size)
        if not parts:
            return {tag: [] for tag in tags}
        found = {}
        for tag, answer in zip(tags, await self._ask(tags, rung, parts, summed=False), strict=True):
            counts = found[tag] = [0] * (buckets[1] - buckets[0])
            for place, count in zip(answer[::2], answer[1::2], strict=True):
                counts[place] = count
        return found

    async def _ask(
        self, tags: Collection[str], rung: str, parts: Sequence[tuple[int, int, int]], *, summed: bool
    ) -> list[Any]:
        names = sorted({name for name, _, _ in parts})
        flat = [number for name, first, last in parts for number in (names.index(name) + 1, first, last)]
        asked = (_encode(("all", len(names), flat, summed)),)
        stems = [self._keys.event(tag, f"{rung}:") for tag in tags]
        calls = [Call([f"{stem}{name}" for name in names], asked) for stem in stems]
        return await self._script.shared(self._redis, calls, _SUMMED_TOGETHER if summed else _READ_TOGETHER)


def _parts(buckets: Range, size: int) -> list[tuple[int, int, int]]:
    """Buckets as the keys, of `size` buckets each, hold them: key, first and last in it."""
    first, end = buckets
    if first >= end:
        return []
    keys = range(first // size, (end - 1) // size + 1)
    return [(key, max(first - key * size, 0), min(end - key * size, size) - 1) for key in keys]
