"""One door into Kafka for everything that comes in: batches an idempotent producer sends, and what they measured.

A record's key decides its partition as every Kafka client decides it (murmur2), so that all records of a post lie in
one. Knows topics and bytes; what a record says was examined before.
"""

import asyncio
import logging
import math
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError
from aiokafka.partitioner import DefaultPartitioner
from prometheus_client import CollectorRegistry, Counter, Histogram

from streams.connections import producer
from streams.settings import Settings

log = logging.getLogger(__name__)

#: Bytes of one batch, which is what one partition gets at a time.
BATCH_BYTES = 256 * 1024
#: Seconds that `stop` waits for what is still unconfirmed.
STOP_LIMIT = 5.0


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """A record for Kafka: `topic` is its full name, `timestamp` in milliseconds."""

    topic: str
    key: bytes | None
    value: bytes
    timestamp: int


class Measures:
    """What was sent, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.records = Counter(
            "tocsin_ingest_records", "Records that Kafka confirmed.", ("topic",), registry=self.registry
        )
        self.bytes = Counter("tocsin_ingest_bytes", "Bytes of their values.", ("topic",), registry=self.registry)
        self.confirm = Histogram(
            "tocsin_ingest_confirm_seconds",
            "From a batch of records being handed over to Kafka's confirmation.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=self.registry,
        )
        self.failures = Counter(
            "tocsin_ingest_failures", "Batches that Kafka refused or did not confirm in time.", registry=self.registry
        )

    def note(self, done: "asyncio.Future[list[Any]]", records: Sequence[Outgoing], seconds: float) -> None:
        """Count what was handed over `seconds` ago, now that its outcome is known."""
        if done.cancelled() or done.exception() is not None:
            self.failures.inc()
            return
        self.confirm.observe(seconds)
        for topic in {each.topic for each in records}:
            sizes = [len(each.value) for each in records if each.topic == topic]
            self.records.labels(topic).inc(len(sizes))
            self.bytes.labels(topic).inc(sum(sizes))


class Sender:
    """Sends records. `send` hands over, in order; the future that it returns says when Kafka has confirmed them."""

    def __init__(self, settings: Settings, measures: Measures | None = None) -> None:
        self._measures = measures
        self._settings = settings
        self._partitioner = DefaultPartitioner()
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect. Raises KafkaError."""
        self._producer = producer(self._settings, max_batch_size=BATCH_BYTES)
        # Else aiokafka gives up what waited for longer than a request may take as soon as its partition has no leader,
        # as right after a broker came back.
        self._producer._message_accumulator._batch_ttl = math.inf
        try:
            await self._producer.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Flush, for a few seconds at most, and close."""
        if self._producer is None:
            return
        try:
            async with asyncio.timeout(STOP_LIMIT):
                await self._producer.stop()
        except TimeoutError:
            await self._producer.client.close()  # Kafka is away; aiokafka would wait for it for ever

    async def send(self, records: Sequence[Outgoing]) -> "asyncio.Future[list[Any]]":
        """Hand records over, in order, and return what to await for their confirmation.

        Waits while a partition still has a batch to send, so that what is in memory stays bounded by what the caller
        lets go unconfirmed. Records of concurrent calls have no order. Both this and the future raise KafkaError; part
        of the records may have arrived then. While Kafka is away the future waits: sent batches are never given up.
        """
        assert self._producer is not None, "not started"
        started = time.perf_counter()
        futures: list[asyncio.Future[Any]] = []
        try:
            await self._hand_over_all(self._producer, records, futures)
        except BaseException:
            for future in futures:
                future.cancel()
            raise
        confirmed = asyncio.gather(*futures)
        measures = self._measures
        if measures is not None:
            confirmed.add_done_callback(lambda done: measures.note(done, records, time.perf_counter() - started))
        return confirmed

    async def _hand_over_all(
        self, to: AIOKafkaProducer, records: Sequence[Outgoing], futures: "list[asyncio.Future[Any]]"
    ) -> None:
        batches: dict[tuple[str, int], Any] = {}
        partitions = {topic: sorted(await to.partitions_for(topic)) for topic in {r.topic for r in records}}
        for each in records:
            known = partitions[each.topic]
            target = (each.topic, self._partitioner(each.key, known, known))
            batch = batches.get(target)
            if batch is None:
                batch = batches[target] = to.create_batch()
            if batch.append(timestamp=each.timestamp, key=each.key, value=each.value) is None:
                futures.append(await _hand_over(to, batch, target))
                batch = batches[target] = to.create_batch()
                batch.append(timestamp=each.timestamp, key=each.key, value=each.value)
        for target, batch in batches.items():
            futures.append(await _hand_over(to, batch, target))


async def _hand_over(to: AIOKafkaProducer, batch: Any, target: tuple[str, int]) -> "asyncio.Future[Any]":
    batch.close()
    while True:
        try:
            sent: asyncio.Future[Any] = await to.send_batch(batch, target[0], partition=target[1])
        except KafkaTimeoutError:
            # The partition's batch before it is still on its way, and nothing was handed over.
            log.warning("Kafka does not take what is sent to %s/%d; waiting for it", *target)
            continue
        return sent


def reason(error: BaseException) -> str:
    """One line of why Kafka did not take something."""
    if isinstance(error, KafkaError) and not str(error).strip():
        return type(error).__name__
    return " ".join(str(error).split())[:300] or type(error).__name__
