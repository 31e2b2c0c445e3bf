"""What is measured of deliveries, by the worker that delivers: a closed set, in the worker's registry."""

import contextlib
import time
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streams.alerts.delivery.book import Line
from streams.alerts.delivery.sending import Result

_RESULTS = get_args(Result)
_PREFIX = "tocsin_worker_webhook_"


class Measures:
    """All of it. Gauges of endpoints are shown by the worker that delivers, and by no other."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, help: str) -> Gauge:
            return Gauge(_PREFIX + name, help, ("endpoint",), registry=registry)

        self.deliveries = Counter(
            _PREFIX + "deliveries", "Attempts to deliver a message that ended, by outcome.", ("endpoint", "outcome"),
            registry=registry,
        )  # fmt: skip
        self.attempts = Counter(
            _PREFIX + "attempts", "Attempts to deliver a message that began.", ("endpoint",), registry=registry
        )
        self.delays = Histogram(
            _PREFIX + "delay_seconds", "From an alert's condition being found true to an endpoint's first 2xx.",
            buckets=(0.5, 1, 2.5, 5, 10, 15, 30, 60, 300, 1_800, 7_200, 43_200, 86_400, 432_000), registry=registry,
        )  # fmt: skip
        self.oldest = gauge(
            "oldest_undelivered_seconds", "Age of the oldest message that an endpoint has not taken; 0: it took all."
        )
        self.disabled = gauge("disabled", "Whether an endpoint is disabled (1) after 410 or five days of failure.")
        self.sequence = gauge("sequence", "The sequence of the last message for an endpoint.")
        self.file_fine = Gauge(
            _PREFIX + "endpoints_fine",
            "Whether the endpoints can be read as TOCSIN_ENDPOINTS has them now: 0 means that the last good ones hold.",
            registry=registry,
        )
        self.file_fine.set(1)

    def of(self, endpoint: str, line: Line) -> "EndpointMeasures":
        """Those of one endpoint."""
        return EndpointMeasures(self, endpoint, line)

    def forget(self, endpoint: str) -> None:
        """Show no state of an endpoint any more: it is gone, or another worker delivers."""
        for each in (self.oldest, self.disabled, self.sequence):
            with contextlib.suppress(KeyError):
                each.remove(endpoint)


class EndpointMeasures:
    """One endpoint's, every series from the beginning."""

    def __init__(self, measures: Measures, endpoint: str, line: Line) -> None:
        self.attempts = measures.attempts.labels(endpoint)
        self.delay = measures.delays.observe
        self._outcomes = {each: measures.deliveries.labels(endpoint, each) for each in _RESULTS}
        # Asked when it is scraped, so that it grows while nothing happens.
        measures.oldest.labels(endpoint).set_function(
            lambda: max(0.0, time.time() - (line.oldest_undelivered or time.time()))
        )
        self._disabled = measures.disabled.labels(endpoint)
        self._sequence = measures.sequence.labels(endpoint)

    def outcome(self, result: Result) -> None:
        """An attempt ended so."""
        self._outcomes[result].inc()

    def show(self, line: Line) -> None:
        """What the line says now."""
        self._disabled.set(line.progress.disabled is not None)
        self._sequence.set(line.last)
