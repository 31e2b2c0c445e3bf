"""An event judged at one instant from what the bucket ladder keeps of it, without any state of its own.

What comes of it is what `judge` comes to over the same minutes, as far as the ladder reaches: the past is only
counts, and the silence after a burst is worked out anew from the minutes. Knows no Redis: the counts are handed in.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate

import msgspec

from streams.trends.bursts.model import KEPT_DAYS, Baseline, Grid, Model, Past

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
        `detection` until the next.
        """
        return next(self.baselines(ladder, hour, hour + 1))

    def baselines(self, ladder: Ladder, first: int, end: int) -> Iterator[Baseline | None]:
        """The `baseline` of each hour in [first, end), each from what came before it alone."""
        past = Past(self._model, self._grid)
        missing = _missing_by_hour(_blind_minutes(ladder))
        size = self._grid.per_day
        touched = {each // size for each in missing}
        kept, added = ladder.first_hour + len(ladder.hours), max(ladder.first_hour, first - (KEPT_DAYS + 2) * size)
        for hour in range(first, end):
            closed = min(hour - 1, kept)
            while added < closed:
                day, at = divmod(added, size)
                if at == 0 and added + size <= closed and day not in touched:
                    past.add_day(day, ladder.hours[added - ladder.first_hour : added + size - ladder.first_hour])
                    added += size
                else:
                    past.add(added, ladder.hours[added - ladder.first_hour], 1 - missing.get(added, 0) / MINUTE)
                    added += 1
            yield past.baseline(hour)

    def detection(
        self, ladder: Ladder, now: float, known: Baseline | None = None, before: int | None = None
    ) -> int | None:
        """When the surge that runs in the last whole minute before `now` was detected (unix seconds).

        None where that minute is in none, or in one that came up while an outage was hardly over. `known` is the
        `baseline` of the hour in which that minute lies. `before` is what was found a minute earlier; it holds for a
        surge that reaches back as far as the ladder's minutes do.
        """
        last = int(now // MINUTE) - 1
        windows = _Windows(ladder)
        baselines: dict[int, Baseline | None] = {} if known is None else {last // MINUTE: known}

        def exceeds(minute: int) -> bool:
            total, share = windows.ending(minute)
            if total < self._model.least or not windows.sees(minute):
                return False
            hour = minute // MINUTE
            if hour not in baselines:
                baselines[hour] = self.baseline(ladder, hour)
            baseline = baselines[hour]
            return baseline is not None and baseline.exceeds(total, share)

        if not exceeds(last):
            return None
        first = each = last
        whole = ladder.first_minute + MINUTE - 1
        while each > whole and first - each < self._grid.quiet:
            each -= 1
            if exceeds(each):
                first = each
        if first - each < self._grid.quiet and before is not None and before <= first * MINUTE:
            return before
        return None if self._is_settling(windows.blind, first) else (first + 1) * MINUTE

    def _is_settling(self, blind: Sequence[tuple[int, int]], last: int) -> bool:
        debt = seen_from = 0
        for begin, until in blind:
            if until > last:
                break
            debt = min(max(debt - (begin - seen_from), 0) + until - begin, self._grid.rows_a_day)
            seen_from = until
        return debt - (last + 1 - seen_from) > self._grid.rows


class _Windows:
    """The hours that end with each minute of a ladder."""

    def __init__(self, ladder: Ladder) -> None:
        self.blind = _blind_minutes(ladder)
        self._first = ladder.first_minute
        counts = [*ladder.minutes]
        self._seen = [1] * len(counts)
        for begin, until in self.blind:
            for at in range(max(begin - self._first, 0), min(until - self._first, len(counts))):
                counts[at] = self._seen[at] = 0
        self._totals = [*accumulate(counts, initial=0)]
        self._shares = [*accumulate(self._seen, initial=0)]

    def sees(self, minute: int) -> bool:
        """Whether that minute is one of the ladder's, and not missing."""
        return 0 <= minute - self._first < len(self._seen) and bool(self._seen[minute - self._first])

    def ending(self, last: int) -> tuple[int, float]:
        """Sum of the hour of minutes that ends with `last`, and the share of it that was seen."""
        end = min(max(last + 1 - self._first, 0), len(self._seen))
        begin = min(max(last + 1 - MINUTE - self._first, 0), end)
        return self._totals[end] - self._totals[begin], (self._shares[end] - self._shares[begin]) / MINUTE


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
