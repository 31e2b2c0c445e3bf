"""The worker that holds the lease evaluates alerts: what streams/alerts asks for, put together.

Knows how far the log is read, what is tracked, and how a record goes to Kafka; what rings, streams/alerts knows.
"""

import logging
import time
from collections.abc import Sequence

from schemas import Alert
from schemas.codec import encode
from streams.alerts.evaluation import Evaluator
from streams.errors import UserError
from streams.evidence import Postings
from streams.ingest.producing import Outgoing, Sender
from streams.settings import Settings
from streams.topics import ALERTS
from streams.trends import Applied, Catalog
from streams.trends.scripts import Client
from streams.worker.metrics import Metrics
from streams.worker.reach import reaching
from streams.worker.registry import Registry

log = logging.getLogger(__name__)


class Alerting:
    """Evaluates; run one in every worker."""

    def __init__(
        self,
        settings: Settings,
        redis: Client,
        catalog: Catalog,
        registry: Registry,
        sender: Sender,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._sender = sender
        self._metrics = metrics
        self._applied = Applied(redis, settings)
        self._postings = Postings(settings)
        self._evaluator = Evaluator(settings, redis, catalog, self._postings, self._publish, self._is_tracked, self)

    async def follow(self) -> None:
        """Evaluate, for ever. Whoever runs this restarts it when Redis or Kafka fails it."""
        await self._registry.loaded.wait()
        try:
            async with reaching(self._settings, self._applied) as reach:
                await self._evaluator.follow(reach.is_read)
        except UserError as error:
            log.warning("Evaluating alerts was interrupted, it starts again: %s", error)
        finally:
            await self._postings.close()

    def evaluated(self, seconds: float) -> None:
        """A round took so long."""
        self._metrics.evaluation.observe(seconds)

    def moved(self, state: str) -> None:
        """A transition to this state was made."""
        self._metrics.transitions[state].inc()

    async def _publish(self, alerts: Sequence[Alert]) -> None:
        now, topic = int(time.time() * 1_000), self._settings.topic(ALERTS)
        records = [Outgoing(topic, alert.event.encode(), encode(alert), now) for alert in alerts]
        await (await self._sender.send(records))

    def _is_tracked(self, event_id: str) -> bool:
        latest = self._registry.latest.get(event_id)
        return latest is not None and not latest.removed
