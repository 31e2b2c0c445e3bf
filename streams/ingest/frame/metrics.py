"""What an ingest process measures of itself, and its two pages: /metrics and /healthz."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.exposition import choose_encoder

from schemas import Article, Post, Reason
from streams.ingest.frame.source import Record

#: Every `kind` of a record: what it does to one, else what it is.
KINDS: Final = (
    "post",
    "repost",
    "reply",
    "quote",
    "article",
    "press_release",
    "transcript",
    "edit",
    "delete",
    "undelete",
)
#: The one reason of ours beside those of dead letters.
TOO_LARGE: Final = "too-large"


def kind_of(record: Record) -> str:
    """The record's `kind` in these metrics."""
    if record.op == "create" and isinstance(record, Post | Article):
        return record.kind
    return record.op


class Metrics:
    """All of one connector's metrics, in a registry of their own, every series there from the start."""

    def __init__(self, connector: str) -> None:
        self.registry = CollectorRegistry()
        records = Counter(
            "tocsin_ingest_records", "Records that Kafka confirmed.", ("connector", "kind"), registry=self.registry
        )
        self.records = {kind: records.labels(connector, kind) for kind in KINDS}
        refused = Counter(
            "tocsin_ingest_refused",
            "Payloads of the platform that could not be used, by reason.",
            ("connector", "reason"),
            registry=self.registry,
        )
        self.refused = {reason: refused.labels(connector, reason) for reason in (*map(str, Reason), TOO_LARGE)}
        labels = ("connector",)
        self.reconnects = Counter(
            "tocsin_ingest_reconnects", "Connections to the platform that ended.", labels, registry=self.registry
        ).labels(connector)
        self.connected = Gauge(
            "tocsin_ingest_connected", "1 while the platform is heard, else 0.", labels, registry=self.registry
        ).labels(connector)
        self.lag = Gauge(
            "tocsin_ingest_lag_seconds",
            "How far what was last heard lies behind the platform's present.",
            labels,
            registry=self.registry,
        ).labels(connector)

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """All metrics in the text format that the header `Accept` asks for, and its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self.registry), content_type
