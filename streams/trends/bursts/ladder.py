"""An event judged at one instant from what the bucket ladder keeps of it, without any state of its own.

The verdict is the one that `judge` comes to over the same minutes, as far as the ladder reaches: the past is only
counts, and the silence after a burst is worked out anew from the minutes. Knows no Redis: the counts are handed in.
"""

from collections.abc import Sequence

import msgspec

from streams.trends.bursts.model import KEPT_DAYS, Baseline, Grid, Model, Past, Verdict

MINUTE, HOUR = 60, 3_600


class Ladder(msgspec.Struct, frozen=True, gc=False):
    """The counts of an event by minute (the last 25 h, or fewer) and by hour (the last 35 d, or fewer).

    Both are dense, zeros included, from the bucket of that number (unix time // 60, // 3600) on. What is from before
    the event was counted is left out, not zero. `blind` are the unix seconds [from, until) in which nothing could be
    seen, in order and apart; the minutes that they touch are missing, and their counts are 0.
    """

    first_hour: int
    hours: Sequence[int]
    first_minute: int
    minutes: Sequence[int]
    blind: Sequence[tuple[int, int]] = ()


class Evaluator:
    """Judges events by a model whose span is an hour. Holds no counts: an answer is a function of what it is given."""

    def __init__(self, model: Model) -> None:
        self._grid = Grid(model, MINUTE)
        if model.span != HOUR:
            raise ValueError(f"expected a span of {HOUR} s, the ladder's hours; found {model.span:g}")
        self._model = model

    def baseline(self, ladder: Ladder, hour: int) -> Baseline | None:
        """What windows that end in that hour (unix time // 3600) should bring; None while too little was seen.

        It reads no minutes, and of the hours only those up to the second before it, and stands for the whole hour:
        whoever judges thousands of events every minute prepares it at leisure in the hour before, and hands it to
        `evaluate` until the next.
        """
        past = Past(self._model, self._grid)
        blind = _blind_minutes(ladder)
        size, counts = self._grid.per_day, ladder.hours
        first, end = ladder.first_hour, min(hour - 1, ladder.first_hour + len(ladder.hours))
        missing = _missing_by_hour(blind)
        touched = {each // size for each in missing}
        for day in range(max(first // size, hour // size - KEPT_DAYS - 1), -(-end // size)):
            begin, until = max(day * size, first), min((day + 1) * size, end)
            if until - begin == size and day not in touched:
                past.add_day(day, counts[begin - first : until - first])
                continue
            for each in range(begin, until):
                past.add(each, counts[each - first], 1 - missing.get(each, 0) / MINUTE)
        return past.baseline(hour)

    def evaluate(self, ladder: Ladder, now: float, known: Baseline | None = None) -> Verdict | None:
        """The verdict on the hour that ends with the last whole minute before `now` (unix seconds).

        Expectation and bounds are the hour's. None while too little was seen, and at a minute that is missing. `known`
        is the `baseline` of the hour in which that minute lies.
        """
        last = int(now // MINUTE) - 1
        blind = _blind_minutes(ladder)
        baseline = known or self.baseline(ladder, last // MINUTE)
        if baseline is None or _touched(blind, last, last + 1):
            return None
        total, share = _window(ladder, blind, last)
        score = baseline.score(total, share)
        detected = (
            baseline.exceeds(total, share, score)
            and not self._is_settling(blind, last)
            and not self._was_exceeding(ladder, blind, last, baseline)
        )
        lower, upper = baseline.middle()
        return Verdict(baseline.expected, lower, upper, score, detected)

    def _is_settling(self, blind: Sequence[tuple[int, int]], last: int) -> bool:
        debt = seen_from = 0
        for begin, until in blind:
            if until > last:
                break
            debt = min(max(debt - (begin - seen_from), 0) + until - begin, self._grid.rows_a_day)
            seen_from = until
        return debt - (last + 1 - seen_from) > self._grid.rows

    def _was_exceeding(self, ladder: Ladder, blind: Sequence[tuple[int, int]], last: int, known: Baseline) -> bool:
        """Whether a minute of the quiet time before was in a burst. Latest first: in a long one, one look tells."""
        baselines: dict[int, Baseline | None] = {last // MINUTE: known}
        earliest = max(last - int(self._grid.quiet), ladder.first_minute)
        for each in range(last - 1, earliest - 1, -1):
            total, share = _window(ladder, blind, each)
            if total < self._model.least or _touched(blind, each, each + 1):
                continue
            hour = each // MINUTE
            if hour not in baselines:
                baselines[hour] = self.baseline(ladder, hour)
            baseline = baselines[hour]
            if baseline is not None and baseline.exceeds(total, share, baseline.score(total, share)):
                return True
        return False


def _window(ladder: Ladder, blind: Sequence[tuple[int, int]], last: int) -> tuple[int, float]:
    """Sum of the hour of minutes that ends with `last`, and the share of it that was seen."""
    begin = max(last + 1 - MINUTE, ladder.first_minute)
    minutes = ladder.minutes[begin - ladder.first_minute : last + 1 - ladder.first_minute]
    if not _touched(blind, begin, last + 1):
        return sum(minutes), len(minutes) / MINUTE
    seen = [count for at, count in enumerate(minutes, begin) if not _touched(blind, at, at + 1)]
    return sum(seen), len(seen) / MINUTE


def _blind_minutes(ladder: Ladder) -> list[tuple[int, int]]:
    """The minutes [from, until) that blind seconds touch, in order and apart."""
    found: list[tuple[int, int]] = []
    for begin, until in ladder.blind:
        first, end = begin // MINUTE, -(-until // MINUTE)
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((first, end))
    return found


def _missing_by_hour(blind: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Hour -> how many of its minutes are missing, of hours that have any."""
    found: dict[int, int] = {}
    for begin, until in blind:
        for hour in range(begin // MINUTE, -(-until // MINUTE)):
            found[hour] = found.get(hour, 0) + min(until, (hour + 1) * MINUTE) - max(begin, hour * MINUTE)
    return found


def _touched(blind: Sequence[tuple[int, int]], begin: int, until: int) -> int:
    """How many of the minutes [begin, until) are missing."""
    return sum([max(0, min(until, end) - max(begin, first)) for first, end in blind])
