"""What a worker measures of itself: a closed set, each described once, label children bound outside the hot loop."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import choose_encoder

from schemas import Reason
from streams.alerts.delivery.measures import Measures

_STAGES = ("prepare", "ledger", "publish")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """All of a worker's metrics, in a registry of their own. Names end in their base unit."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, help: str, labels: tuple[str, ...] = ()) -> Counter:
            return Counter(f"tocsin_worker_{name}", help, labels, registry=self.registry)

        def gauge(name: str, help: str, labels: tuple[str, ...] = ()) -> Gauge:
            return Gauge(f"tocsin_worker_{name}", help, labels, registry=self.registry)

        def histogram(
            name: str, help: str, labels: tuple[str, ...] = (), buckets: tuple[float, ...] = _SECONDS
        ) -> Histogram:
            return Histogram(f"tocsin_worker_{name}", help, labels, buckets=buckets, registry=self.registry)

        records = counter("records", "Records read, by kind; re-reads count again.", ("kind",))
        self.records = {kind: records.labels(kind) for kind in ("post", "article")}
        self.matched = counter("matched", "Records that matched at least one tracked event; re-reads count again.")
        self.late = counter("late", "Records whose time lay too far before their Kafka timestamp: never applied.")
        letters = counter("dead_letters", "Records that could not be used, by reason.", ("reason",))
        self.dead_letters = {reason: letters.labels(reason.value) for reason in Reason}
        self.ledger_faults = counter("ledger_faults", "Counters that would have fallen below zero.")
        self.rewinds = counter("rewinds", "Times that reading went back because Redis had forgotten.")
        self.run_records = histogram("run_records", "Records a run.", buckets=(1, 3, 10, 30, 100, 300, 1_000, 3_000))
        stage = histogram("stage_seconds", "Time that one run spends in a stage.", ("stage",))
        self.stages = {name: stage.labels(name) for name in _STAGES}
        self.delay = histogram(
            "delay_seconds", "From a record's Kafka timestamp to its run being done, newest record of each run.",
            buckets=(*_SECONDS, 30, 60, 300, 3_600, 86_400),
        )  # fmt: skip
        self.lag = gauge("lag_records", "Records between a partition's end and what is done.", ("topic", "partition"))
        self.rules = gauge("rules", "Revisions of tracked events in force.")
        self.unreadable = gauge(
            "unreadable_definitions", "Revisions left out: their definition in Redis is unreadable."
        )
        self.rule_swap = histogram("rule_swap_seconds", "From a changed rule being read to its being in force.")
        self.judging = histogram(
            "judging_seconds", "Time for one round of judging all events, in the worker that does."
        )
        self.evaluation = histogram(
            "evaluation_seconds", "Time for one round of evaluating alerts, by the worker that does."
        )
        transitions = counter("alert_transitions", "Transitions of alerts that this worker recorded.", ("state",))
        self.transitions = {state: transitions.labels(state) for state in ("firing", "resolved")}
        self.backfill = gauge("backfill_records", "Records that the running back-fill has yet to read.")
        self.webhooks = Measures(self.registry)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """All metrics in the text format that the header `Accept` asks for, and its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self.registry), content_type
