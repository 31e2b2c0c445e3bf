"""A worker's parts, put together, started and stopped. What Faust hands over comes in through `handle`."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiokafka.errors import KafkaError

from streams import collector
from streams.alerts.delivery import Delivery
from streams.connections import REDIS_AWAY, RedisLink, until_kafka, until_redis
from streams.ingest.producing import Sender
from streams.settings import Settings
from streams.tasks import end
from streams.transport import Consumer, Run
from streams.trends import Applied, Catalog, Store
from streams.worker.alerting import Alerting
from streams.worker.backfill import Backfiller
from streams.worker.judging import Judging
from streams.worker.metrics import Metrics
from streams.worker.pipeline import Pipeline
from streams.worker.positions import RedisForgot, WorkerPositions
from streams.worker.preflight import check_layout
from streams.worker.publisher import Publisher
from streams.worker.registry import Registry, restarting

log = logging.getLogger(__name__)

#: Seconds that a stopping worker gives the runs in hand: with Faust's own part it stays under ten.
DRAIN_SECONDS = 3.0
#: Seconds for the producer to close: while Kafka is away it would wait for ever.
CLOSE_SECONDS = 1.0


class Worker:
    """Everything of a worker that is not Faust's. Made and started inside the running loop."""

    def __init__(self, settings: Settings, consumer: Callable[[], Consumer]) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.redis = RedisLink(settings)
        self._consumer = consumer
        self._sender = Sender(settings)
        catalog = Catalog(self.redis.client, settings)
        store = Store(self.redis.client, settings)
        publisher = Publisher(self._sender, settings)
        self.registry = Registry(settings, catalog, self.metrics)
        self.positions = WorkerPositions(
            self.registry, Applied(self.redis.client, settings), lambda run: consumer().is_current(run)
        )
        self._backfiller = Backfiller(settings, self.redis, store, catalog, self.registry, publisher, self.metrics)
        self._judging = Judging(settings, self.redis.client, catalog, self.metrics)
        self._pipeline = Pipeline(settings, self.redis, store, self.registry, self.positions, publisher, self.metrics)
        self._alerting = Alerting(settings, self.redis.client, catalog, self.registry, self._sender, self.metrics)
        self._delivery = Delivery(settings, self.redis.client, self.metrics.webhooks)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, on_failure: Callable[[BaseException], Awaitable[None]]) -> None:
        """Start the producer and the tasks beside the runs; `on_failure` hears of one that ends by an exception."""
        await until_kafka("connecting to publish", self._sender.start)
        collector.set_aside()  # modules and what else stays
        away = (*REDIS_AWAY, KafkaError)
        for name, run in (
            ("Reading tracked-events", self.registry.follow),
            ("Watching the catalog", self.registry.watch),
            ("Back-filling", self._backfiller.follow),
            ("Judging", self._judging.follow),
            ("Evaluating alerts", self._alerting.follow),
            ("Delivering alerts", self._delivery.follow),
            ("Checking positions", lambda: self.positions.watch(self._rewind)),
        ):
            self._tasks.append(asyncio.create_task(_guard(restarting(name, run, away), on_failure), name=name))
        self._tasks.append(asyncio.create_task(_guard(self._write(), on_failure), name="Writing"))

    async def stop(self) -> None:
        """End the tasks, flush and close."""
        await end(self._tasks)
        try:
            await asyncio.wait_for(self._sender.stop(), CLOSE_SECONDS)
        except (TimeoutError, KafkaError) as error:
            log.warning("What was being published is done again by the next worker: %r", error)
        await self.redis.close()

    async def take(self, run: Run, finish: Callable[[], object]) -> None:
        """Match a run and leave it to be written; `finish` is called when it is done, never for one that is stale."""
        if self._consumer().is_current(run):
            await self._pipeline.take(run, finish)

    async def drain(self) -> None:
        """Return when no run is in hand, or when that takes too long: what is left is read again."""
        try:
            await asyncio.wait_for(self._pipeline.idle(), DRAIN_SECONDS)
        except TimeoutError:
            log.warning("Runs could not be finished; the next worker does them again")

    async def _write(self) -> None:
        while True:
            try:
                await self._pipeline.write()
            except RedisForgot as error:
                log.warning("Redis has forgotten what was counted, going back: %s", error)
                await self._rewind()

    async def _rewind(self) -> None:
        self.metrics.rewinds.inc()
        await until_redis("marking the layout", check_layout, self.redis, self.settings)
        await self._consumer().perform_seek()


async def _guard(work: Awaitable[None], on_failure: Callable[[BaseException], Awaitable[None]]) -> None:
    try:
        await work
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        log.exception("A worker's task failed")
        await on_failure(error)
