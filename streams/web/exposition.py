"""What Redis holds of trends as Prometheus metrics: a snapshot, and its metric families within a bound. Pure.

Values come from one moment and one place, so however many workers count, nothing is exposed twice.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from schemas import Connector, TrackedEvent
from schemas.event import OTHER
from streams.trends.connectors import blind_since
from streams.trends.judgements import Judgement
from streams.trends.windows import Kind

#: Name and help of each metric, in the order in which they are kept when not all fit.
POSTS = ("tocsin_event_posts", "Posts and articles of an event in a window.")
AUTHORS = ("tocsin_event_authors", "Different authors of an event in a window.")
TEXTS = ("tocsin_event_texts", "Different texts of an event in a window: copies count once.")
VOICES = ("tocsin_event_voices", "Different texts of an event in a window, near-copies counting once too.")
TOP_AUTHORS = (
    "tocsin_event_top_authors_share",
    "Share of an event's posts in a window that its ten busiest authors have.",
)
MATCHED = (
    "tocsin_event_matched",
    "Contributions added to an event's counts, corrections too; starts anew with a revision.",
)
RETRACTED = ("tocsin_event_retracted", "Contributions taken back from an event's counts by edits and deletes.")
PLATFORM = ("tocsin_event_platform_posts", "Posts of an event in a window by platform (articles: web).")
GROUP = ("tocsin_event_group_posts", "Posts of an event in a window by group of accounts.")
CLAIM = ("tocsin_event_claim_posts", "Posts of an event in a window that make a claim.")
LANGUAGE = ("tocsin_event_language_posts", "Posts of an event in a window by language; und: no source names one.")
CLAIM_GROUP = (
    "tocsin_event_claim_group_posts",
    "Posts of an event in a window that make a claim, by group of accounts.",
)
ALERT = ("tocsin_alert_firing", "Whether an alert of an event rings (1) or not (0).")

EXPECTED = ("tocsin_event_expected_posts", "Posts that an event's own past lets expect of the hour judged last.")
LOWER = ("tocsin_event_expected_posts_lower", "Lower bound of 95 % of such hours.")
UPPER = ("tocsin_event_expected_posts_upper", "Upper bound of 95 % of such hours.")
BURST = (
    "tocsin_event_burst_score",
    "-log10 of the probability of as many posts in an hour, at most 2.3 while no burst runs; absent while blind.",
)
BLIND = (
    "tocsin_connector_blind",
    "Whether a connector sees nothing just now: it says so, or has not reported for long.",
)
REPORT_AGE = ("tocsin_connector_report_age_seconds", "Time since a connector last reported.")

#: Metrics that only rise, but for a new revision; their names end in `_total`.
COUNTERS = (MATCHED[0], RETRACTED[0])
SCRAPE_OK = ("tocsin_scrape_ok", "Whether Redis answered: 0 means that no trend is exposed.")
MEMORY = ("tocsin_redis_memory_bytes", "Memory that Redis uses; of a Redis Cluster the fullest node.")
MEMORY_LIMIT = ("tocsin_redis_memory_limit_bytes", "Redis' maxmemory; missing where none is set.")
DROPPED = ("tocsin_series_dropped", "Series left out because of TOCSIN_MAX_SERIES.")


@dataclass(frozen=True, slots=True)
class Reading:
    """One event at one moment: window -> dimension -> posts; (authors | texts, window) -> n; changes since it began.

    `firing` are its alerts that ring.
    """

    event: TrackedEvent
    windows: Mapping[str, Mapping[str, int]]
    people: Mapping[tuple[Kind, str], int]
    matched: int
    retracted: int
    judgement: Judgement | None = None
    voices: Mapping[str, int] = field(default_factory=dict)
    """By window; of those that were worked out."""
    top_authors: Mapping[str, float] = field(default_factory=dict)
    """Share of the ten busiest, by window; of those with posts."""
    firing: Collection[str] = ()

    @property
    def size(self) -> int:
        """Posts in the widest window: who is exposed first when not all fit."""
        return max((found.get("all", 0) for found in self.windows.values()), default=0)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is shown in one scrape: the events; connectors' newest reports, and when they were read (unix seconds); how
    full Redis is, in bytes; a limit of 0: none is set."""

    readings: Sequence[Reading]
    reports: Collection[Connector] = ()
    taken: float = 0
    memory: int = 0
    memory_limit: int = 0


Series = tuple[tuple[str, ...], float]
"""Label values, and the value."""


class Exposition:
    """A collector over one snapshot; None: Redis did not answer, and no number is shown."""

    def __init__(self, snapshot: Snapshot | None, max_series: int) -> None:
        self._snapshot = snapshot
        self._left = max_series
        self._dropped = 0

    def collect(self) -> Iterator[Metric]:
        """The metric families. Once only."""
        yield from (_single(*each) for each in singles(self._snapshot))
        if self._snapshot is None:
            return
        for (name, help), labels, series in metrics(ordered(self._snapshot.readings)):
            metric = (CounterMetricFamily if name in COUNTERS else GaugeMetricFamily)(name, help, labels=labels)
            for values, n in series:
                if self._left > 0:
                    self._left -= 1
                    metric.add_metric(values, n)
                else:
                    self._dropped += 1
            yield metric
        for named, labels, series in connectors(self._snapshot):
            metric = GaugeMetricFamily(*named, labels=labels)
            for values, n in series:
                metric.add_metric(values, n)
            yield metric
        yield _single(DROPPED, self._dropped)


def singles(snapshot: Snapshot | None) -> Iterator[tuple[tuple[str, str], int]]:
    """Name and help, and the one value, of what has no labels."""
    yield SCRAPE_OK, 0 if snapshot is None else 1
    if snapshot is not None:
        yield MEMORY, snapshot.memory
        if snapshot.memory_limit:
            yield MEMORY_LIMIT, snapshot.memory_limit


def ordered(readings: Iterable[Reading]) -> list[Reading]:
    """Those that are exposed first where not all fit."""
    return sorted(readings, key=lambda each: (-each.size, each.event.id))


def _single(named: tuple[str, str], value: int) -> Metric:
    metric = GaugeMetricFamily(*named)
    metric.add_metric([], value)
    return metric


def metrics(readings: Sequence[Reading]) -> Iterator[tuple[tuple[str, str], list[str], Iterable[Series]]]:
    """Name and help, labels, and the series of these events, metric by metric; always the same metrics."""
    yield POSTS, ["event", "window"], _posts(readings)
    yield EXPECTED, ["event"], _judged(readings, lambda judgement: judgement.expected)
    yield LOWER, ["event"], _judged(readings, lambda judgement: judgement.lower)
    yield UPPER, ["event"], _judged(readings, lambda judgement: judgement.upper)
    yield BURST, ["event"], _judged(readings, lambda judgement: None if judgement.blind else judgement.burst)
    for metric, kind in ((AUTHORS, "authors"), (TEXTS, "texts")):
        yield metric, ["event", "window"], _people(readings, kind)
    yield VOICES, ["event", "window"], (((r.event.id, window), n) for r in readings for window, n in r.voices.items())
    shares = (((r.event.id, window), share) for r in readings for window, share in r.top_authors.items())
    yield TOP_AUTHORS, ["event", "window"], shares
    yield ALERT, ["event", "alert"], _alerts(readings)
    yield MATCHED, ["event"], (((each.event.id,), each.matched) for each in readings)
    yield RETRACTED, ["event"], (((each.event.id,), each.retracted) for each in readings)
    yield PLATFORM, ["event", "platform", "window"], _by(readings, "platform")
    yield GROUP, ["event", "group", "window"], _by(readings, "group")
    yield CLAIM, ["event", "claim", "window"], _by(readings, "claim")
    yield CLAIM_GROUP, ["event", "claim", "group", "window"], _by_claim_and_group(readings)
    yield LANGUAGE, ["event", "language", "window"], _by(readings, "lang")


def connectors(snapshot: Snapshot) -> Iterator[tuple[tuple[str, str], list[str], Sequence[Series]]]:
    """The same of connectors: few, and so not bounded."""
    reports = sorted(snapshot.reports, key=lambda each: each.connector)
    labels = ["connector", "platform"]
    now = snapshot.taken
    yield BLIND, labels, [((each.connector, each.platform), blind_since(each, now) is not None) for each in reports]
    ages: list[Series] = [((each.connector, each.platform), max(0.0, now - each.at.timestamp())) for each in reports]
    yield REPORT_AGE, labels, ages


def _judged(readings: Sequence[Reading], value: Callable[[Judgement], float | None]) -> Iterator[Series]:
    for each in readings:
        found = None if each.judgement is None else value(each.judgement)
        if found is not None:
            yield (each.event.id,), found


def _posts(readings: Sequence[Reading]) -> Iterator[Series]:
    for each in readings:
        for window, found in each.windows.items():
            yield (each.event.id, window), found.get("all", 0)


def _alerts(readings: Sequence[Reading]) -> Iterator[Series]:
    for each in readings:
        for alert in each.event.alerts:
            yield (each.event.id, alert.name), int(alert.name in each.firing)


def _people(readings: Sequence[Reading], kind: str) -> Iterator[Series]:
    for each in readings:
        for (of, window), n in each.people.items():
            if of == kind:
                yield (each.event.id, window), n


def _by(readings: Sequence[Reading], dimension: str) -> Iterator[Series]:
    """Series of one dimension: every name that the event declares or any window has, in all windows."""
    for each in readings:
        for name in _names(each, dimension):
            for window, found in each.windows.items():
                yield (each.event.id, name, window), found.get(f"{dimension}:{name}", 0)


def _by_claim_and_group(readings: Sequence[Reading]) -> Iterator[Series]:
    # Only those that occur: claims times groups would be mostly zeros.
    for each in readings:
        for name in _names(each, "claim_group"):
            claim, _, group = name.partition("/")
            for window, found in each.windows.items():
                yield (each.event.id, claim, group, window), found.get(f"claim_group:{name}", 0)


def _names(reading: Reading, dimension: str) -> list[str]:
    start = f"{dimension}:"
    names = {name.removeprefix(start) for found in reading.windows.values() for name in found if name.startswith(start)}
    if dimension == "group":
        names |= {*reading.event.groups, OTHER}
    elif dimension == "claim":
        names |= reading.event.claims.keys()
    return sorted(names)
