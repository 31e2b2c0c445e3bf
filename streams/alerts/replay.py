"""How often alerts would have rung over posts of the past: every minute judged as if it were now.

Pure. Posts are taken as they stand at the end (edited, without those deleted), and as having come when they were
written; connectors as never blind. `burst` is judged by the same model, of the posts of this past alone, so not on its
first day.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from streams.alerts.conditions import CompiledAlert, Dimension, Quantity, holds
from streams.alerts.transitions import Judged, State, step
from streams.trends.bursts import judge
from streams.trends.contributions import Contribution, dimensions
from streams.trends.judgements import MODEL

MINUTE, TEN_MINUTES = 60, 600

Posts = Sequence[tuple[int, Contribution]]
"""(unix seconds of its bucket time, what it adds)."""


def rings(alerts: Sequence[CompiledAlert], posts: Posts, begin: int, end: int) -> dict[str, list[int]]:
    """Alert -> the minutes (unix seconds) at which it would have begun to ring, from `begin` to `end`."""
    past = _Past(posts, begin, end)
    return {alert.rule.name: list(_rings(alert, past)) for alert in alerts}


def _rings(alert: CompiledAlert, past: "_Past") -> Iterator[int]:
    state = State()
    for at in past.minutes:
        values = {quantity: past.value(quantity, alert.window, at) for quantity in alert.asks}
        judged = Judged(at, holds(alert.condition, values), holds(alert.condition, values, lean=1))
        state, transition = step(state, alert, judged)
        if transition is not None and transition.state == "firing":
            yield at


class _Distinct:
    """How many different values lie between two instants that only move on."""

    def __init__(self, times: Sequence[int], values: Sequence[str | bytes]) -> None:
        self.at = 0
        self._times, self._values = times, values
        self._low = self._high = 0
        self._counts: Counter[str | bytes] = Counter()

    def between(self, first: int, at: int) -> int:
        """The different values from `first` to `at`, both included."""
        self.at = at
        while self._high < len(self._times) and self._times[self._high] <= at:
            self._counts[self._values[self._high]] += 1
            self._high += 1
        while self._low < self._high and self._times[self._low] < first:
            value = self._values[self._low]
            self._counts[value] -= 1
            if not self._counts[value]:
                del self._counts[value]
            self._low += 1
        return len(self._counts)


class _Past:
    """Posts by dimension, each in order of time."""

    def __init__(self, posts: Posts, begin: int, end: int) -> None:
        self.minutes = range(-(-begin // MINUTE) * MINUTE, end + 1, MINUTE)
        self._times: dict[str, list[int]] = {"all": []}
        self._people: dict[str, list[str | bytes]] = {"authors": [], "texts": []}
        for at, adds in sorted(posts, key=lambda each: each[0]):
            for name in dimensions(adds.shape):
                self._times.setdefault(name, []).append(at)
            self._people["authors"].append(adds.author)
            self._people["texts"].append(adds.fingerprint)
        self._bursts: Mapping[int, float | None] | None = None
        self._distinct: dict[tuple[str, int], _Distinct] = {}

    def value(self, quantity: Quantity, window: int, at: int) -> float | None:
        """What a function comes to at a minute."""
        name = quantity.of.field if isinstance(quantity.of, Dimension) else "all"
        now = self._count(name, at - window, at)
        match quantity.function:
            case "count":
                return now
            case "rate":
                return now / max(self._count(name, at - 2 * window, at - window), 1)
            case "share":
                whole = self._count("all", at - window, at)
                return now / whole if whole else 0.0
            case "silence":
                return float(now == 0)
            case "first_seen":
                return float(now > 0 and self._times[name][0] > at - window)
            case "distinct":
                return self._different(str(quantity.of), window, at)
            case "burst":
                return self._burst(at)

    def _count(self, name: str, after: int, until: int) -> int:
        times = self._times.get(name, [])
        return bisect_right(times, until) - bisect_right(times, after)

    def _different(self, kind: str, window: int, at: int) -> int:
        key = (kind, window)
        if key not in self._distinct or self._distinct[key].at > at:  # another alert begins
            self._distinct[key] = _Distinct(self._times["all"], self._people[kind])
        last = at // TEN_MINUTES
        first = min((at - window) // TEN_MINUTES + 1, last)
        return self._distinct[key].between(first * TEN_MINUTES, at)

    def _burst(self, at: int) -> float | None:
        if self._bursts is None:
            self._bursts = dict(self._judged())
        return self._bursts.get(at)

    def _judged(self) -> Iterator[tuple[int, float | None]]:
        rows = [(at // MINUTE - 1, self._count("all", at - MINUTE, at)) for at in self.minutes]
        running = False
        for at, verdict in zip(self.minutes, judge(rows, MINUTE, MODEL), strict=True):
            score = None if verdict is None else verdict.score
            if verdict is None or score is None:
                yield at, None
                continue
            running = (running or verdict.detected) and score >= MODEL.score
            yield at, score if running else min(score, MODEL.score)
