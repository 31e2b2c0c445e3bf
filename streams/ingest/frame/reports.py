"""The topic `cursors`: the truth about how far each connector has read, and what its cache is told after that."""

import time
from typing import Protocol

from aiokafka import TopicPartition

from schemas import Connector
from schemas.codec import Unusable, decode_connector, encode
from streams.connections import producer, reader
from streams.errors import UserError
from streams.ingest.producing import Outgoing, Sender
from streams.settings import Settings
from streams.topics import CURSORS

#: Seconds without an answer after which a read of the topic is given up: Kafka is away.
PATIENCE = 15.0


class Cache(Protocol):
    """Who is told what Kafka has confirmed. What it loses comes again with the next report."""

    async def report(self, report: Connector) -> None:
        """The newest report of a connector."""


async def newest(settings: Settings, name: str) -> Connector | None:
    """What the connector `name` last reported; None where it never did, or was forgotten.

    Raises KafkaError, and `UserError` where Kafka goes silent.
    """
    found: bytes | None = None
    partition = TopicPartition(settings.topic(CURSORS), 0)
    consumer = reader(settings)
    await consumer.start()
    try:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        deadline = time.monotonic() + PATIENCE
        while await consumer.position(partition) < end:
            batch = await consumer.getmany(timeout_ms=1_000)
            if not batch and time.monotonic() > deadline:
                raise UserError(
                    f"Kafka at {settings.kafka} (TOCSIN_KAFKA) gave nothing of {partition.topic} for {PATIENCE:g} s: "
                    "see whether its brokers are well",
                    code=69,
                )
            for record in batch.get(partition, ()):
                deadline = time.monotonic() + PATIENCE
                if record.key == name.encode():
                    found = record.value
    finally:
        await consumer.stop()
    if not found:
        return None
    try:
        return decode_connector(found)
    except Unusable:
        return None  # written by a later release: begin anew, with what the platform still gives


async def write(settings: Settings, sender: Sender, report: Connector) -> None:
    """Return when Kafka has confirmed the report."""
    at = int(report.at.timestamp() * 1_000)
    await (await sender.send([Outgoing(settings.topic(CURSORS), report.connector.encode(), encode(report), at)]))


async def forget(settings: Settings, name: str) -> None:
    """Take the connector's reports out of the topic: the next one of that name begins anew. Raises KafkaError."""
    async with producer(settings) as to:
        await to.send_and_wait(settings.topic(CURSORS), key=name.encode(), value=None, partition=0)
