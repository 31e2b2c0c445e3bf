"""What readers ask of the counts: windows, series, people and texts (how many, which, how busy), changes made.

Reads only; every answer is of one revision (tag). Which revision serves an event is the catalog's to say.
"""

import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Any, Literal

import msgspec

from streams.settings import Settings
from streams.trends.keys import KEEP_1M, KEEP_10S, KEEP_PEOPLE, Keys
from streams.trends.scripts import Call, Client, Script, pipelined, scanned

WINDOWS = {"1m": 60, "5m": 300, "1h": 3_600, "24h": 86_400}
"""Seconds of each window."""

Kind = Literal["authors", "texts", "domains"]

Asked = tuple[str, Sequence[int], Sequence[str]]
"""Of a tag: spans in seconds, and dimensions."""

HOUR, TEN_MINUTES = 3_600, 600
RUNGS = ((3_600, "1h"), (60, "1m"), (10, "10s"))

#: Revisions that one call sums up: about a millisecond of Redis.
_SUMMED_TOGETHER = 10
#: Revisions of which one call says how often they changed, or how many people they have: a millisecond or two.
_LOOKED_AT_TOGETHER = 250
#: Members of a sorted set that Redis is asked for at once: some milliseconds.
_MEMBERS = 10_000
#: Bytes of a fingerprint that name a text.
_NAMED = 8

_encode = msgspec.msgpack.Encoder().encode


class NotKept(LookupError):
    """What the window asks for has expired: its people, or every bucket as short as the window."""


class Windows:
    """Reads the ladder: a window of w ending at T sums the buckets that start in (T - w, T], the running one too."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._redis = redis
        self._keys = Keys(settings.prefix)
        self._sums = Script("windows.lua")
        self._distinct = Script("distinct.lua")
        self._changes = Script("changes.lua")

    async def counts(self, tag: str, window: str, at: int | None = None) -> dict[str, int]:
        """Dimension -> n over one of `WINDOWS`, ending at `at` (unix seconds; now). Zeros are left out.

        Of instants long past, the edges are those of minutes (after 2 h) or hours (after 25 h). Raises `NotKept` where
        that is coarser than the window.
        """
        found = (await self.many([tag], [window], at))[tag]
        if window not in found:
            raise NotKept(f"of that time only buckets longer than {window} are still kept")
        return found[window]

    async def many(
        self, tags: Collection[str], windows: Sequence[str] = tuple(WINDOWS), at: int | None = None
    ) -> dict[str, dict[str, dict[str, int]]]:
        """Tag -> window -> dimension -> n, in one round trip; a window that is `NotKept` is left out."""
        instant = _now() if at is None else at
        request = _Request(tuple(WINDOWS[window] for window in windows))
        answers = await self._ask([(tag, request) for tag in tags], instant)
        return {
            tag: {window: _counts(flat) for window, flat in zip(windows, answer, strict=True) if flat is not False}
            for tag, answer in zip(tags, answers, strict=True)
        }

    async def sums(self, asked: Sequence[Asked], at: int) -> list[list[dict[str, int]]]:
        """For each asked the counts of its dimensions over each of its spans, all of which end at `at`.

        Zeros are left out. A span that is shorter than the buckets still kept of that time is empty.
        """
        requests = [(tag, _Request(tuple(spans), tuple(dimensions))) for tag, spans, dimensions in asked]
        return [[_counts(flat) if flat else {} for flat in answer] for answer in await self._ask(requests, at)]

    async def lasting(
        self, asked: Mapping[str, Sequence[str]], at: int, names: Mapping[str, Collection[str]]
    ) -> dict[str, dict[str, tuple[dict[str, int], int]]]:
        """Tag -> each window asked of it -> dimension -> n as `many` has it, and the instant until which that stays so.

        Until then the sums differ only where something was written since. `at` is now. `names` holds every dimension
        that a tag can have, where that is known: it spares reading whole days, where only windows up to 1h are asked.
        """
        requests = [
            (tag, _Request(tuple(WINDOWS[window] for window in windows), _only(names.get(tag)), ahead=True))
            for tag, windows in asked.items()
        ]
        return {
            tag: {
                window: (_counts(flat), until)
                for window, flat, until in zip(windows, answer[: len(windows)], answer[len(windows) :], strict=True)
            }
            for (tag, windows), answer in zip(asked.items(), await self._ask(requests, at), strict=True)
        }

    async def series(self, tag: str, step: int, n: int, at: int | None = None, dimension: str = "all") -> list[int]:
        """The counts of `n` buckets of `step` seconds, oldest first, the last one holding `at`.

        `step` is a multiple of 10; what its rung keeps no longer (10 s: 2 h, minutes: 25 h, hours: 35 d) reads as 0.
        """
        instant = _now() if at is None else at
        unit, rung = next((unit, rung) for unit, rung in RUNGS if step % unit == 0)
        ends = (instant // step + 1) * step
        begins = ends - n * step
        fields: defaultdict[int, list[int]] = defaultdict(list)
        span = 86_400 if rung == "1h" else HOUR
        for start in range(begins, ends, unit):
            fields[start // span].append(start)
        answers = await pipelined(
            self._redis,
            [
                (
                    "HMGET",
                    self._keys.event(tag, f"{rung}:{key}"),
                    *(f"{start % span // unit}|{dimension}" for start in starts),
                )
                for key, starts in fields.items()
            ],
        )
        counts = [0] * n
        for starts, answer in zip(fields.values(), answers, strict=True):
            for start, found in zip(starts, answer, strict=True):
                counts[(start - begins) // step] += int(found or 0)
        return counts

    async def distinct(self, tag: str, kind: Kind, window: str, at: int | None = None) -> int:
        """How many different authors, texts or domains stand in a window, by ten-minute buckets (the running one too).

        At a past instant they are counted from what is kept for 26 h, which takes longer. Raises `NotKept` beyond that.
        """
        if at is None or at // TEN_MINUTES >= _now() // TEN_MINUTES:
            return (await self.distinct_now([tag], [kind], [window]))[tag][kind, window]
        return len({value async for value, _ in self._people(tag, kind, window, at)})

    async def distinct_now(
        self, tags: Collection[str], kinds: Sequence[Kind], windows: Sequence[str], at: int | None = None
    ) -> dict[str, dict[tuple[Kind, str], int]]:
        """Tag -> (kind, window) -> n now (`at`, some seconds ago at most), in one round trip."""
        now = _now() if at is None else at
        argument = _encode((len(kinds), [tens(window, now)[0] for window in windows]))
        calls = [Call([self._keys.event(tag, kind) for kind in kinds], (argument,)) for tag in tags]
        columns = [(kind, window) for kind in kinds for window in windows]
        answers = await self._distinct.shared(self._redis, calls, _LOOKED_AT_TOGETHER)
        return {tag: dict(zip(columns, answer, strict=True)) for tag, answer in zip(tags, answers, strict=True)}

    async def top(self, tag: str, kind: Kind, window: str, at: int | None = None, n: int = 10) -> list[tuple[str, int]]:
        """The `n` busiest (value, posts), busiest first, then by name; a text is named as `text_name` does.

        Raises `NotKept` where the window reaches back over 26 h.
        """
        sums = await self.totals(tag, kind, window, at)
        named = [(text_name(value) if kind == "texts" else value.decode(), count) for value, count in sums.items()]
        return sorted(named, key=lambda each: (-each[1], each[0]))[:n]

    async def totals(self, tag: str, kind: Kind, window: str, at: int | None = None) -> Counter[bytes]:
        """Value -> posts, of every author, text or domain in a window. Raises `NotKept` as `top` does."""
        sums: Counter[bytes] = Counter()
        async for value, count in self._people(tag, kind, window, _now() if at is None else at):
            sums[value] += count
        return sums

    async def last_seen(self, tag: str, kind: Kind, window: str) -> dict[bytes, int]:
        """Value -> its last ten minutes (counted from the epoch), of all in a window that ends now."""
        key, (first, last) = self._keys.event(tag, kind), tens(window, _now())
        ranges: list[tuple[int, int | str]] = [(first, "+inf")]
        if await self._redis.zcount(key, first, "+inf") > _MEMBERS:  # by pieces, so that Redis answers others too
            ranges = [*((ten, ten) for ten in range(first, last)), (last, "+inf")]
        found: dict[bytes, int] = {}
        for low, high in ranges:  # ascending: what is seen anew meanwhile is met again
            members: Any = await self._redis.zrangebyscore(key, low, high, withscores=True)
            found |= {value: int(ten) for value, ten in members}
        return found

    async def changes(self, tags: Collection[str]) -> dict[str, tuple[int, int]]:
        """Tag -> (contributions added, taken back) since it began: counters of changes made, for display only."""
        calls = [Call([self._keys.event(tag, "changes")], ()) for tag in tags]
        answers = await self._changes.shared(self._redis, calls, _LOOKED_AT_TOGETHER)
        return {tag: (added, taken) for tag, (added, taken) in zip(tags, answers, strict=True)}

    async def _people(self, tag: str, kind: Kind, window: str, at: int) -> AsyncIterator[tuple[bytes, int]]:
        first, last = tens(window, at)
        if (first // 6 + 1) * HOUR + KEEP_PEOPLE <= _now():
            raise NotKept(f"authors, texts and domains of the {window} before that time are no longer kept")
        hours = range(first // 6, last // 6 + 1)
        names = [self._keys.event(tag, f"{kind}:{hour}") for hour in hours]
        async for hour, fields in scanned(self._redis, dict(zip(hours, names, strict=True))):
            for field, n in fields.items():
                if first <= hour * 6 + int(field[:1]) <= last:
                    yield field[2:], int(n)

    async def _ask(self, asked: Sequence[tuple[str, "_Request"]], at: int) -> list[Any]:
        """What the script answers for each tag."""
        known = {request: request.at(at) for request in {request for _, request in asked}}
        calls = []
        for tag, request in asked:
            names, argument = known[request]
            calls.append(Call([self._keys.event(tag, name) for name in names], (argument,)))
        return await self._sums.shared(self._redis, calls, _SUMMED_TOGETHER)


@dataclass(frozen=True, slots=True)
class _Request:
    """What `windows.lua` is asked of a tag."""

    widths: tuple[int, ...]
    names: tuple[str, ...] | None = None
    ahead: bool = False

    def at(self, at: int) -> tuple[list[str], bytes]:
        """The names of a tag's keys, and the script's argument."""
        hours = sorted({at // HOUR, *((at - width) // HOUR for width in self.widths)})
        if self.ahead:
            hours = list(range(hours[0], at // HOUR + 2))
        days = range(hours[0] // 24, hours[-1] // 24 + 1)
        names = [f"{rung}:{hour}" for hour in hours for rung in ("10s", "1m")] + [f"1h:{day}" for day in days]
        asked = False if self.names is None else self.names
        return names, _encode((at, self.widths, hours, days[0], len(days), self.ahead, asked))


def _counts(flat: Sequence[Any]) -> dict[str, int]:
    return dict(zip(map(intern, flat[::2]), flat[1::2], strict=True))


def _only(names: Collection[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(sorted(names))


def _now() -> int:
    return int(time.time())


def text_name(fingerprint: bytes) -> str:
    """What a text is called where it can't be shown: enough of its fingerprint to tell it, in hex."""
    return fingerprint[:_NAMED].hex()


def extent(width: int, at: int, now: int) -> tuple[int, int]:
    """The seconds [first, end) that a window of `width` seconds takes in, its edges as fine as `windows.lua` has them.

    Nothing where first is not below end: buckets that are still kept of that time are longer than the window.
    """

    def after(t: int) -> int:
        over = (t // HOUR + 1) * HOUR
        # What expires within this second is gone, there as here.
        step = 10 if over + KEEP_10S > now + 1 else 60 if over + KEEP_1M > now + 1 else HOUR
        return t // step * step + step

    return after(at - width), after(at)


def tens(window: str, at: int) -> tuple[int, int]:
    """First and last ten minutes, counted from the epoch, of a window that ends with the running ones."""
    last = at // TEN_MINUTES
    return min((at - WINDOWS[window]) // TEN_MINUTES + 1, last), last
