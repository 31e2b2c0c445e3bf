"""What an event's past lets expect of it, for readers: the newest judgements, one of any past minute, and curves.

A curve sets what each step brought beside what was to be expected of it by what came before that step alone, worked out
on asking: nothing of it is kept. Knows neither HTTP nor a terminal.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from schemas import TrackedEvent
from streams.settings import Settings
from streams.trends.bursts import Baseline, Ladder
from streams.trends.judgements import Judgement, Judgements
from streams.trends.judging import EVALUATOR, assess
from streams.trends.keys import DAY, HOUR, KEEP_1M, MINUTE
from streams.trends.ladders import Ladders
from streams.trends.scripts import Client
from streams.trends.sight import Sights, Spells

SPANS = {"1h": (MINUTE, 60), "24h": (10 * MINUTE, 144), "7d": (HOUR, 168), "28d": (HOUR, 672)}
"""Name of a curve -> seconds of a step, and how many there are."""

#: Hours whose baselines are worked out in one go: some milliseconds of the loop.
_PORTION = 48
#: Events whose whole ladders are read in one go.
_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Curve:
    """Posts in steps of `step` seconds from `start` (unix seconds) on, and what each step should have brought.

    Oldest first, ended steps only. `posts` is None where none could be counted: before the event was, in a blind
    spell, or where such short steps are kept no longer. `expected`, `lower` and `upper` (95 %) are None where too
    little of the past was seen. `blind` are the spells (unix seconds) within.
    """

    step: int
    start: int
    posts: tuple[int | None, ...]
    expected: tuple[float | None, ...]
    lower: tuple[int | None, ...]
    upper: tuple[int | None, ...]
    blind: Spells


class Outlook:
    """Reads judgements and ladders."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._judgements = Judgements(redis, settings)
        self._ladders = Ladders(redis, settings)
        self._sights = Sights(redis, settings)

    async def judgements(self, events: Sequence[TrackedEvent], at: int | None = None) -> dict[str, Judgement]:
        """Tag -> the newest judgement, or that of the minute that ended last at `at` (unix seconds, of the last day).

        Without events that are not judged.
        """
        if at is None:
            return await self._judgements.of([event.tag for event in events])
        minute, sight = at // MINUTE * MINUTE, await self._sights.now()
        if sight is None or not time.time() - KEEP_1M < minute - HOUR <= time.time() - HOUR:
            return {}
        found = {}
        for start in range(0, len(events), _AT_ONCE):
            some = events[start : start + _AT_ONCE]
            for tag, ladder in (await self._ladders.of(some, minute // MINUTE - 1, sight)).items():
                judgement = assess(ladder, minute)
                if judgement is not None:
                    found[tag] = judgement
            await asyncio.sleep(0)
        return found

    async def curve(self, event: TrackedEvent, span: str, at: int | None = None) -> Curve:
        """A curve of one of `SPANS`, up to the last step that has ended at `at` (unix seconds; now)."""
        now = int(time.time())
        step, n = SPANS[span]
        end = (now if at is None else at) // step * step
        start = end - n * step
        sight = await self._sights.now()
        if sight is None:
            return Curve(step, start, *((None,) * n,) * 4, ())
        hours = (self._ladders.remembered(start // HOUR)[0], -(-end // HOUR))
        by_hour = (await self._ladders.hours([event.tag], hours))[event.tag]
        counted = self._ladders.counted_from(event, sight.began)
        first = min(max(hours[0], -(-counted // HOUR)), hours[1])
        ladder = Ladder(first, by_hour[first - hours[0] :], 0, (), sight.blind)
        if step < HOUR:
            minutes = (await self._ladders.minutes([event.tag], (start // MINUTE, end // MINUTE)))[event.tag]
            size, kept = step // MINUTE, now - KEEP_1M
            counts = [sum(minutes[each : each + size]) for each in range(0, len(minutes), size)]
        else:
            counts, kept = by_hour[start // HOUR - hours[0] :], now - 35 * DAY
        blind = tuple((max(a, start), min(b, end)) for a, b in sight.blind if a < end and b > start)
        steps = range(start, end, step)
        bands = await self._bands(ladder, range(start // HOUR, hours[1]), step / HOUR)
        band = [bands[at // HOUR - start // HOUR] for at in steps]
        return Curve(
            step,
            start,
            tuple(
                None if at < max(counted, kept) or _covered(at, at + step, blind) else count
                for at, count in zip(steps, counts, strict=True)
            ),
            tuple(None if each is None else each[0] for each in band),
            tuple(None if each is None else each[1] for each in band),
            tuple(None if each is None else each[2] for each in band),
            blind,
        )

    async def _bands(self, ladder: Ladder, hours: range, share: float) -> list[tuple[float, int, int] | None]:
        """Expectation and bounds of that share of each hour."""
        found = []
        for number, baseline in enumerate(EVALUATOR.baselines(ladder, hours.start, hours.stop)):
            found.append(None if baseline is None else _band(baseline, share))
            if number % _PORTION == _PORTION - 1:
                await asyncio.sleep(0)
        return found


def _band(baseline: Baseline, share: float) -> tuple[float, int, int]:
    return (baseline.expected * share, *baseline.middle(share))


def _covered(start: int, end: int, blind: Spells) -> bool:
    return any(a <= start and end <= b for a, b in blind)
