"""An event judged from its bucket ladder, as workers do it: the same as over its whole series, from counts alone."""

import random
from collections.abc import Sequence
from itertools import groupby

import pytest

from streams.trends.bursts import Evaluator, Ladder, Model, judge
from streams.trends.judgements import Judgement
from streams.trends.judging import EVALUATOR, assess

#: A minute that begins an hour, counted from the epoch.
START = 29_000_040 // 60 * 60
DAYS = 45


class Event:
    """Minutes of an event, None where nothing could be seen; its ladder at any minute, and the verdicts of `judge`."""

    def __init__(self, minutes: Sequence[int | None]) -> None:
        self.minutes = minutes
        seen = [(START + at, count) for at, count in enumerate(minutes) if count is not None]
        self.judged = dict(zip([at for at, _ in seen], judge(iter(seen), 60, Model()), strict=True))

    def ladder(self, end: int) -> Ladder:
        """What is kept when the minute before `end` (counted from the first) has just ended."""
        hours = [sum(filter(None, self.minutes[at : min(at + 60, end)])) for at in range(0, end, 60)][-35 * 24 :]
        minutes = [count or 0 for count in self.minutes[max(0, end - 25 * 60) : end]]
        blind, at = [], START
        for missing, run in groupby(self.minutes[:end], key=lambda count: count is None):
            length = len(list(run))
            if missing:
                blind.append((at * 60, (at + length) * 60))
            at += length
        return Ladder(-(-(START + end) // 60) - len(hours), hours, START + end - len(minutes), minutes, blind)

    def assessed(self, end: int) -> Judgement | None:
        return assess(self.ladder(end), (START + end) * 60)

    def seen(self, end: int) -> float:
        """The share of the hour before that was seen."""
        return sum(count is not None for count in self.minutes[end - 60 : end]) / 60


def busy(rate: float, outages: Sequence[int] = (), seed: int = 1) -> list[int | None]:
    """Days and nights, restless hours, a dozen surges and some outages."""
    rng = random.Random(seed)
    rates = []
    for hour in range(DAYS * 24):
        rates += [rate * (1.4 if 8 <= hour % 24 < 20 else 0.6) * rng.gammavariate(2, 0.5)] * 60
    for _ in range(12):
        begin, times = rng.randrange(len(rates) - 400), rng.choice([5, 10, 20])
        for at in range(begin, begin + rng.randrange(20, 300)):
            rates[at] *= times
    minutes: list[int | None] = [int(rng.gammavariate(2, each / 2) + rng.random()) for each in rates]
    for length in outages:
        begin = rng.randrange(len(rates) // 2, len(rates) - length)
        minutes[begin : begin + length] = [None] * length
    return minutes


@pytest.mark.parametrize("rate", [0.05, 1.0, 20.0])
@pytest.mark.parametrize("outages", [(), (7, 45, 50, 300, 2_000)], ids=["seen", "outages"])
def test_the_ladder_gives_the_verdicts_of_the_series(rate: float, outages: Sequence[int]) -> None:
    event = Event(busy(rate, outages))
    found = [at - START for at, verdict in event.judged.items() if verdict is not None and verdict.detected]
    assert found
    picks = random.Random(2).sample(range(1_000, len(event.minutes)), 60)
    for at in picks + [each + by for each in found for by in (-1, 0, 1, 30)]:
        series, ladder = event.judged.get(START + at), event.assessed(at + 1)
        if series is None or series.score is None:
            assert ladder is None or ladder.blind
            continue
        assert ladder is not None
        assert ladder.expected == pytest.approx(60 * series.expected * event.seen(at + 1))
        assert ladder.score == pytest.approx(series.score)
        assert (ladder.detected_at == (START + at + 1) * 60) == series.detected


def test_a_baseline_stands_for_its_hour() -> None:
    event = Event(busy(3))
    end = 30 * 1_440 + 7
    known = EVALUATOR.baseline(event.ladder(end), (START + end - 1) // 60)
    for later in range(end, end + 53, 13):
        now = (START + later) * 60
        assert assess(event.ladder(later), now, known) == assess(event.ladder(later), now)


def test_blind_seconds_blind_their_minutes_and_may_touch() -> None:
    event = Event(busy(3))
    end = 30 * 1_440
    whole, now = event.ladder(end), (START + end) * 60
    minutes = [0 if at in (1_400, 1_401) else count for at, count in enumerate(whole.minutes)]
    at = (whole.first_minute + 1_400) * 60
    hours = [*whole.hours[:-2], whole.hours[-2] - sum(whole.minutes[1_400:1_402]), whole.hours[-1]]
    parts = Ladder(whole.first_hour, hours, whole.first_minute, minutes, [(at + 59, at + 60), (at + 60, at + 61)])
    exact = Ladder(whole.first_hour, hours, whole.first_minute, minutes, [(at, at + 120)])
    assert assess(parts, now) == assess(exact, now)
    assert assess(parts, now) is not None


def test_a_minute_that_was_not_seen_and_an_event_too_young_are_not_judged() -> None:
    event = Event(busy(3))
    end = 30 * 1_440
    ladder, now = event.ladder(end), (START + end) * 60
    blind = Ladder(ladder.first_hour, ladder.hours, ladder.first_minute, ladder.minutes, [(now - 30, now)])
    judgement = assess(blind, now)
    assert judgement is not None
    assert judgement.blind
    assert event.assessed(20 * 60) is None
    assert assess(Ladder(START // 60, [], START, []), START * 60) is None


def test_the_ladder_has_hours_so_a_span_must_be_one() -> None:
    with pytest.raises(ValueError, match="expected a span of 3600 s, the ladder's hours; found 1800"):
        Evaluator(Model(span=1_800))
