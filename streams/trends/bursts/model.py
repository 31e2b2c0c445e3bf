"""What a burst is: settings, an event's past in spans, and the baseline that judges the present span by it.

Pure arithmetic on counts by span number: knows no clock, no store, no rows and no files.
"""

import math
from collections.abc import Sequence
from operator import mul

import msgspec

from streams.trends.bursts.distribution import NegativeBinomial

DAY = 86_400
#: Days of the past that count. Twice the memory: what is older would weigh less than a seventh of today.
KEPT_DAYS = 28
#: A span of which less was seen is missing.
_SEEN = 0.5
#: Jeffreys' prior of a Poisson rate, Gamma(1/2, 0): half a post before anything was seen, so silence expects a little.
_PRIOR = 0.5


class Model(msgspec.Struct, frozen=True, gc=False):
    """The settings, one set for all events. Each may change by a fifth without much change in what is found."""

    #: Seconds that are summed and judged; a series in longer steps is judged step by step.
    span: float = 3_600
    #: Days after which what was seen weighs 1/e.
    memory: float = 14
    #: How often an hour of the day (or of the week) has to be seen to weigh as much as what is expected without it.
    clock: float = 20
    #: A burst has at least this score: 2.3 is one span in two hundred.
    score: float = 2.3
    #: It is at least this multiple of what is expected …
    multiple: float = 2
    #: … this many standard deviations of pure chance (Poisson's) above it …
    noise: float = 6
    #: … and this many posts.
    least: float = 12
    #: Seconds without an excess before a further one is a new burst.
    quiet: float = 28_800
    #: Spans that must have been seen before anything is judged.
    warm: float = 24


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """A judged interval: expected count, the bounds of its middle 95 %, and the burst that it ends in, if any.

    `score` is -log10 of the probability of as many posts as the past span brought, or more; None where less than half
    of it was seen. `detected` is true once a burst: where it is first seen.
    """

    expected: float
    lower: int
    upper: int
    score: float | None
    detected: bool


class Grid:
    """How a series of rows, `step` seconds apart, falls into spans and days. A row's number is its time // step."""

    __slots__ = ("clocked", "per_day", "quiet", "rows", "rows_a_day", "still_open", "weights")

    def __init__(self, model: Model, step: int) -> None:
        self.rows = max(1, round(model.span / step))
        span = self.rows * step
        self.per_day = max(1, round(DAY / span))
        self.rows_a_day = self.per_day * self.rows
        #: Hours of the day mean something only where spans return at the same time of every day.
        self.clocked = self.per_day * span == DAY
        self.quiet = model.quiet / step
        #: Weight of a day by its age.
        self.weights = [math.exp(-age / model.memory) for age in range(KEPT_DAYS + 1)]
        #: Spans before the running one that a sliding window may still touch.
        self.still_open = 0 if self.rows == 1 else 1


class _Day:
    __slots__ = ("counts", "n", "seen", "squares", "total")

    def __init__(self, counts: list[float], seen: list[bool], n: int) -> None:
        self.counts = counts
        self.seen = seen
        self.n = n
        self.total: float = sum(counts)
        self.squares: float = sum(map(mul, counts, counts))


class _Before:
    """The days before one, oldest last, and what the same hour brought in them."""

    __slots__ = ("_columns", "_is_whole", "_known", "_n", "_week", "days", "weights")

    def __init__(self, days: list[tuple[float, _Day, bool]]) -> None:
        """`days`: weight, day, and whether it is the same day of the week."""
        self.weights = [weight for weight, _, _ in days]
        self.days = [day for _, day, _ in days]
        self._week = [number for number, (_, _, is_weekday) in enumerate(days) if is_weekday]
        #: By hour of the day what each of the days brought in it; of what was not seen 0.
        self._columns = [*zip(*[day.counts for day in self.days], strict=True)]
        self._is_whole = all(day.n == len(day.seen) for day in self.days)
        self._n = sum(self.weights, 0.0)
        self._known: dict[int, tuple[float, float, int, float]] = {}

    def at(self, hour: int) -> tuple[float, float, int, float]:
        """How often that hour was seen (by weight), what it brought in all; the same of that day of the week."""
        found = self._known.get(hour)
        if found is None:
            column = self._columns[hour] if self._columns else ()
            n, week_n = self._n, len(self._week)
            if not self._is_whole:
                seen = [day.seen[hour] for day in self.days]
                n, week_n = sum(map(mul, self.weights, seen), 0.0), sum([seen[day] for day in self._week])
            total = sum(map(mul, self.weights, column), 0.0)
            found = self._known[hour] = (n, total, week_n, sum([column[day] for day in self._week], 0.0))
        return found


class Past:
    """An event's closed spans, by number, oldest first. Spans that were never added are missing, not zero."""

    def __init__(self, model: Model, grid: Grid) -> None:
        self._model = model
        self._grid = grid
        self._days: dict[int, _Day] = {}
        self._all_seen = [True] * grid.per_day
        self._earlier: dict[int, _Before] = {}
        self._sums: tuple[int, int, float, float, float] | None = None

    def add(self, span: int, total: float, share: float) -> None:
        """Add a span of which the `share` was seen: too little of it is missing, otherwise it counts as a whole one."""
        if share < _SEEN:
            return
        number, at = divmod(span, self._grid.per_day)
        day = self._days.get(number)
        if day is None:
            day = self._days[number] = _Day([0] * self._grid.per_day, [False] * self._grid.per_day, 0)
            self._forget(number)
        if self._earlier and max(self._earlier) > number:  # what was summed up of this day is no longer all of it
            self._earlier.clear()
        if self._sums is not None and number != self._sums[0]:
            self._sums = None
        count = total if share == 1 else total / share
        day.counts[at] = count
        day.seen[at] = True
        day.n += 1
        day.total += count
        day.squares += count * count

    def add_day(self, number: int, counts: Sequence[int]) -> None:
        """Add a day of spans that were all seen."""
        self._days[number] = _Day([*counts], self._all_seen, len(counts))
        self._earlier.clear()
        self._sums = None

    def baseline(self, span: int) -> "Baseline | None":
        """What is to be expected of the window that ends in this span; None while too little was seen."""
        grid = self._grid
        today = (span - 1 - grid.still_open) // grid.per_day
        if self._sums is None or self._sums[0] != today:
            self._sums = (today, *self._sum(today))
        _, seen, n, total, squares = self._sums
        day = self._days.get(today)
        if day is not None:  # its weight is 1
            seen, n, total, squares = seen + day.n, n + day.n, total + day.total, squares + day.squares
        if seen < self._model.warm:
            return None
        level = (total + _PRIOR) / n
        spread = max(squares / n - (total / n) ** 2, level)
        expected = level
        if grid.clocked:
            window = range(span - grid.still_open, span + 1)
            expected = sum([self._at_that_time(each, level) for each in window]) / len(window)
        return Baseline(self._model, expected, max(spread, expected), spread / n)

    def _at_that_time(self, span: int, level: float) -> float:
        """The level, drawn towards what the same time of day, then of the week, brought: the more, the further."""
        number, hour = divmod(span, self._grid.per_day)
        n, total, week_n, week_total = self._before(number).at(hour)
        clock = self._model.clock
        return (week_total + clock * (total + clock * level) / (n + clock)) / (week_n + clock)

    def _before(self, number: int) -> "_Before":
        found = self._earlier.get(number)
        if found is None:
            ages = [(age, self._days.get(number - age)) for age in range(1, KEPT_DAYS + 1)]
            days = [(age, day) for age, day in ages if day is not None]
            if len(self._earlier) > 2:
                self._earlier.clear()
            found = self._earlier[number] = _Before([(self._grid.weights[age], day, age % 7 == 0) for age, day in days])
        return found

    def _sum(self, today: int) -> tuple[int, float, float, float]:
        """Of the days before: spans seen; by weight how many, what they brought, and the squares of it."""
        seen = 0
        n = total = squares = 0.0
        before = self._before(today)
        for weight, day in zip(before.weights, before.days, strict=True):
            seen += day.n
            n += weight * day.n
            total += weight * day.total
            squares += weight * day.squares
        return seen, n, total, squares

    def _forget(self, today: int) -> None:
        if len(self._days) > 2 * KEPT_DAYS:
            self._days = {number: day for number, day in self._days.items() if number >= today - KEPT_DAYS - 2}


class Baseline:
    """What one span is expected to bring: a pure value of the past, good for every window that ends in that span."""

    __slots__ = ("_known", "_model", "_over", "_whole", "doubt", "expected", "variance")

    def __init__(self, model: Model, expected: float, variance: float, doubt: float) -> None:
        """Expected count of a span, the variance of such counts, and that of the expectation itself."""
        self.expected = expected
        self.variance = variance
        self.doubt = doubt
        self._model = model
        self._over = variance + doubt - expected
        self._whole = self._of(1)
        self._known: dict[float, tuple[int, int]] = {}

    def score(self, total: float, share: float) -> float | None:
        """-log10 P(as many posts or more) of a window of which the `share` was seen; None where that is too little."""
        if share == 1:
            return self._whole.score(total)
        return self._of(share).score(total) if share >= _SEEN else None

    def exceeds(self, total: float, share: float) -> bool:
        """Whether a window of that total and share is more than ordinary: in a burst."""
        if total < self.expected * share or total < self._beyond(share):  # the one is never above the other, and cheap
            return False
        score = self.score(total, share)
        return score is not None and score >= self._model.score

    def middle(self, share: float = 1) -> tuple[int, int]:
        """Bounds of 95 % of what this share of a span brings."""
        found = self._known.get(share)
        if found is None:
            found = self._known[share] = (self._whole if share == 1 else self._of(share)).middle()
        return found

    def _beyond(self, share: float) -> float:
        """The smallest total of a burst."""
        model = self._model
        usual = (self.expected + math.sqrt(self.doubt)) * share
        return max(model.multiple * usual, usual + model.noise * math.sqrt(usual), model.least)

    def _of(self, share: float) -> NegativeBinomial:
        expected = self.expected * share
        return NegativeBinomial(expected, expected + self._over * share * share)
