"""Judges all events once a minute: reads the ladder in portions, evaluates it, and says what it found.

A judgement is a function of the counts, of the minute and of what could be seen; what is remembered from minute to
minute (an hour's baselines, in Redis too for whoever judges next) could be worked out anew at any time. Knows neither
Kafka nor how judging is shared between workers.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from schemas import TrackedEvent
from streams.settings import Settings
from streams.trends.baselines import Baselines
from streams.trends.bursts import Baseline, Evaluator, Ladder
from streams.trends.judgements import MODEL, Judgement, Judgements, blind, judged
from streams.trends.keys import HOUR, MINUTE
from streams.trends.ladders import Ladders, Range
from streams.trends.scripts import Client
from streams.trends.sight import Sight, Spells

EVALUATOR = Evaluator(MODEL)

#: Events that are done in one go: some milliseconds of the loop each, and small answers of Redis.
_PORTION, _PAST_PORTION, _SURGE_PORTION = 100, 20, 10


@dataclass(slots=True)
class _Hour:
    """What windows that end in one hour should bring, by tag; None where too little of the past was seen."""

    sight: Sight
    baselines: dict[str, Baseline | None] = field(default_factory=dict)


class Judge:
    """Judges events minute by minute."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._ladders = Ladders(redis, settings)
        self._judgements = Judgements(redis, settings)
        self._baselines = Baselines(redis, settings)
        self._hours: dict[int, _Hour] = {}
        self._was_behind = False

    async def judge(
        self, events: Sequence[TrackedEvent], minute: int, sight: Sight, *, is_read: bool = True
    ) -> dict[str, Judgement]:
        """Tag -> judgement on the hour that ends at `minute` (unix seconds); without events too young to be judged.

        Without `is_read`, whether the log is counted up to that minute, all of them are blind.
        """
        last = minute // MINUTE - 1
        spans = _seen(sight.blind, last)
        share = sum(end - first for first, end in spans) / 60
        sees = is_read and bool(spans) and spans[-1][1] == last + 1
        if is_read and self._was_behind:
            self._hours.clear()  # worked out from counts that were not all there
        self._was_behind = not is_read
        if not is_read:
            await self._baselines.forget(last // 60)
        await self.prepare(events, last // 60, sight)
        baselines = self._hours[last // 60].baselines
        found: dict[str, Judgement] = {}
        suspects: list[TrackedEvent] = []
        for portion in _portions(events, _PORTION):
            totals = await self._ladders.totals([event.tag for event in portion], spans)
            for event in portion:
                baseline, total = baselines[event.tag], totals[event.tag]
                if baseline is None:
                    continue
                if not sees:
                    found[event.tag] = blind(minute, total, baseline)
                elif baseline.exceeds(total, share):
                    suspects.append(event)
                else:
                    found[event.tag] = judged(minute, total, share, baseline, None)
            await asyncio.sleep(0)
        before = await self._judgements.of([event.tag for event in suspects])
        for portion in _portions(suspects, _SURGE_PORTION):
            for tag, ladder in (await self._ladders.of(portion, last, sight)).items():
                earlier = before[tag].detected_at if tag in before else None
                judgement = assess(ladder, minute, baselines[tag], earlier)
                if judgement is not None:
                    found[tag] = judgement
                await asyncio.sleep(0)
        return found

    async def prepare(self, events: Sequence[TrackedEvent], hour: int, sight: Sight, most: int | None = None) -> None:
        """Work out what that hour (unix time // 3600) should bring, for at most so many events that lack it."""
        known = self._hour(hour, sight)
        missing = [event for event in events if event.tag not in known.baselines][:most]
        known.baselines |= await self._baselines.of(hour, known.sight, [event.tag for event in missing])
        missing = [event for event in missing if event.tag not in known.baselines]
        silent: dict[int, Baseline | None] = {}  # of events that have been silent since the same hour: all alike
        for portion in _portions(missing, _PAST_PORTION):
            hours = self._ladders.remembered(hour - 1)
            counts = await self._ladders.hours([event.tag for event in portion], hours)
            for event in portion:
                first = min(max(hours[0], -(-self._ladders.counted_from(event, sight.began) // HOUR)), hours[1])
                ladder = Ladder(first, counts[event.tag][first - hours[0] :], 0, (), known.sight.blind)
                if any(ladder.hours):
                    baseline = EVALUATOR.baseline(ladder, hour)
                elif first in silent:
                    baseline = silent[first]
                else:
                    baseline = silent[first] = EVALUATOR.baseline(ladder, hour)
                known.baselines[event.tag] = baseline
            if not self._was_behind:
                await self._baselines.note(hour, known.sight, {each.tag: known.baselines[each.tag] for each in portion})
            await asyncio.sleep(0)

    def _hour(self, hour: int, sight: Sight) -> _Hour:
        """What is known of that hour; anew where it is about to be judged by what was seen otherwise."""
        first, end = self._ladders.remembered(hour - 1)
        sight = Sight(sight.began, _within(sight.blind, first * HOUR, end * HOUR))
        known = self._hours.get(hour)
        if known is None or known.sight != sight:
            known = _Hour(sight)
            self._hours = {each: kept for each, kept in self._hours.items() if abs(each - hour) <= 1} | {hour: known}
        return known


def assess(ladder: Ladder, minute: int, known: Baseline | None = None, before: int | None = None) -> Judgement | None:
    """The judgement on the hour that ends at `minute`, from a whole ladder; None where it is too young to be judged.

    `known` is that hour's baseline, `before` when the surge that runs was detected as was found the minute before.
    """
    last = minute // MINUTE - 1
    baseline = known or EVALUATOR.baseline(ladder, last // 60)
    if baseline is None:
        return None
    spans = _seen(ladder.blind, last)
    counts = [ladder.minutes[max(first - ladder.first_minute, 0) : end - ladder.first_minute] for first, end in spans]
    total = sum(map(sum, counts))
    if not spans or spans[-1][1] != last + 1:
        return blind(minute, total, baseline)
    detected_at = EVALUATOR.detection(ladder, minute, baseline, before)
    return judged(minute, total, sum(map(len, counts)) / 60, baseline, detected_at)


def _seen(spells: Sequence[tuple[int, int]], last: int) -> list[Range]:
    """The minutes [first, end) of the hour that ends with `last` that no blind spell touches."""
    found, at = [], last - 59
    for begin, until in spells:
        first, end = begin // MINUTE, -(-until // MINUTE)
        if first > at:
            found.append((at, min(first, last + 1)))
        at = max(at, end)
        if at > last:
            return [(first, end) for first, end in found if first < end]
    return [*found, (at, last + 1)]


def _within(spells: Spells, first: int, end: int) -> Spells:
    return tuple((max(begin, first), min(until, end)) for begin, until in spells if begin < end and until > first)


def _portions(events: Sequence[TrackedEvent], size: int) -> Iterator[Sequence[TrackedEvent]]:
    return (events[start : start + size] for start in range(0, len(events), size))
