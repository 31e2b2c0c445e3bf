"""A whole series of counts judged row by row, each row by those before it alone."""

from collections import deque
from collections.abc import Iterable, Iterator

from streams.trends.bursts.model import Baseline, Grid, Model, Past, Verdict


def judge(rows: Iterable[tuple[int, float | None]], step: int, model: Model) -> Iterator[Verdict | None]:
    """A verdict a row, with expectation and bounds of the row itself and the score of the span that ends with it.

    Rows are (time // step, count), rising in time; a count of None, like a row that is not there, is missing. None
    while too little was seen.
    """
    grid = Grid(model, step)
    size = grid.rows
    past = Past(model, grid)
    window: deque[tuple[int, float]] = deque()
    total: float = 0
    closed: list[tuple[int, float, float]] = []
    running: int | None = None
    last_seen: int | None = None
    span_total: float = 0
    span_seen = 0
    baseline: Baseline | None = None
    expected, lower, upper = 0.0, 0, 0
    last_excess = float("-inf")
    debt = 0
    for at, count in rows:
        span = at // size
        if span != running:
            if running is not None and span_seen:
                closed.append((running, span_total, span_seen / size))
            while closed and closed[0][0] < span - grid.still_open:
                past.add(*closed.pop(0))
            baseline = past.baseline(span)
            if baseline is not None:
                expected, (lower, upper) = baseline.expected / size, baseline.middle(1 / size)
            running, span_total, span_seen = span, 0, 0
        while window and window[0][0] <= at - size:
            total -= window.popleft()[1]
        if count is not None:
            if last_seen is not None and at - last_seen > 1:
                debt = min(debt + at - last_seen - 1, grid.rows_a_day)
            if debt:
                debt -= 1
            last_seen = at
            window.append((at, count))
            total += count
            span_total += count
            span_seen += 1
        if baseline is None:
            yield None
            continue
        score, detected = None, False
        if count is not None:
            share = len(window) / size
            score = baseline.score(total, share)
            if baseline.exceeds(total, share):
                detected = at - last_excess > grid.quiet and debt <= size
                last_excess = at
        yield Verdict(expected, lower, upper, score, detected)
