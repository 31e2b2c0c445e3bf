"""Clients of Kafka, made from the settings, and what many ask of it: the log's partitions, what is committed.

Knows addresses, credentials and limits; knows nothing of topics' meaning.
"""

import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import create_conn
from aiokafka.errors import (
    CoordinatorLoadInProgressError,
    GroupCoordinatorNotAvailableError,
    KafkaConnectionError,
    KafkaError,
    NotCoordinatorError,
)
from aiokafka.structs import OffsetAndMetadata

from streams.connections.refusals import kafka_refusal
from streams.errors import UserError
from streams.settings import Settings

#: Seconds that a command typed by hand waits for Kafka or Redis; workers and serve wait for the start limit.
COMMAND_LIMIT = 5.0

#: Largest record that is produced or taken, in bytes: an article of a million characters fits, whatever its script.
MAX_RECORD_BYTES = 4 * 1_048_576


def producer(settings: Settings, **options: Any) -> AIOKafkaProducer:
    """An idempotent producer: every record once per send, in order, confirmed by all in-sync replicas.

    Uncompressed: without further libraries aiokafka knows gzip alone, at its slowest level.
    """
    return AIOKafkaProducer(
        bootstrap_servers=settings.kafka,
        enable_idempotence=True,
        max_request_size=MAX_RECORD_BYTES,
        **_credentials(settings),
        **{"linger_ms": 5, **options},
    )


def reader(settings: Settings, **options: Any) -> AIOKafkaConsumer:
    """A consumer outside every group, for partitions that the caller assigns."""
    return AIOKafkaConsumer(
        bootstrap_servers=settings.kafka,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **_credentials(settings),
        **options,
    )


@asynccontextmanager
async def admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """An admin client, started and closed. Raises what Kafka refuses us with: aiokafka would only log that."""
    client = AIOKafkaAdminClient(bootstrap_servers=settings.kafka, **_credentials(settings))
    try:
        await client.start()
    except KafkaConnectionError:
        await _knock(settings)
        raise
    try:
        yield client
    finally:
        await client.close()


def kafka_tls(settings: Settings) -> ssl.SSLContext | None:
    """What Kafka's certificates are checked with; None where the brokers are spoken to in the clear."""
    return _tls(settings.kafka_ca) if settings.kafka_security.endswith("SSL") else None


async def log_partitions(client: AIOKafkaAdminClient, settings: Settings) -> list[TopicPartition]:
    """Every partition of `posts` and `articles`. Raises `UserError` where there is none."""
    topics = [settings.topic("posts"), settings.topic("articles")]
    partitions = [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in await client.describe_topics(topics)
        for partition in topic["partitions"]
    ]
    if {tp.topic for tp in partitions} != set(topics):
        raise UserError(f"Kafka at {settings.kafka} lacks {' or '.join(topics)}: run `tocsin topics create`", code=69)
    return sorted(partitions)


async def committed(
    client: AIOKafkaAdminClient, settings: Settings, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, OffsetAndMetadata]:
    """What the workers' group has committed; without the partitions it never committed."""
    try:
        found = await client.list_consumer_group_offsets(settings.group, partitions=list(partitions))
    except (GroupCoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError):
        return {}  # the group is new, or its coordinator is moving: asked again by whoever waits
    return {tp: each for tp, each in found.items() if each.offset >= 0}


@lru_cache
def _tls(certificates: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=certificates or None)


def _credentials(settings: Settings) -> dict[str, Any]:
    """What each of aiokafka's clients is told beside the address."""
    return {
        "security_protocol": settings.kafka_security,
        "ssl_context": kafka_tls(settings),
        "sasl_mechanism": settings.kafka_mechanism,
        "sasl_plain_username": settings.kafka_user,
        "sasl_plain_password": settings.kafka_password,
    }


async def _knock(settings: Settings) -> None:
    """Connect to the brokers as the clients do, for the error that tells most; none where one lets us in."""
    errors: list[Exception] = []
    for server in settings.kafka.split(","):
        host, _, port = server.strip().rpartition(":")
        limit = int(COMMAND_LIMIT * 1_000)
        try:
            connection = await create_conn(
                host.strip("[]"), int(port), request_timeout_ms=limit, **_credentials(settings)
            )
        except (KafkaError, OSError) as error:
            errors.append(error)
        else:
            connection.close()
            return
    raise next((error for error in errors if kafka_refusal(error)), errors[0])
