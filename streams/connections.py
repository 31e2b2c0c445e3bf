"""Clients of Kafka and Redis, made from the settings, and the wait for both at start.

Knows addresses and limits; knows nothing of topics' meaning or Redis' keys.
"""

import logging
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import redis.asyncio
import stamina
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    CoordinatorLoadInProgressError,
    GroupCoordinatorNotAvailableError,
    KafkaConnectionError,
    KafkaError,
    NotCoordinatorError,
)
from aiokafka.structs import OffsetAndMetadata
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, ClusterDownError, OutOfMemoryError, ReadOnlyError, TryAgainError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from streams.errors import UserError
from streams.settings import Settings

log = logging.getLogger(__name__)

#: What Redis answers, or doesn't, while it is away, full, loading, failing over or resharding: all of it passes.
REDIS_AWAY = (
    RedisConnectionError, RedisTimeoutError, BusyLoadingError, ReadOnlyError, OutOfMemoryError, ClusterDownError,
    TryAgainError, OSError,
)  # fmt: skip

RedisClient = redis.asyncio.Redis | RedisCluster

#: Seconds that a command typed by hand waits for Kafka or Redis; workers and serve wait for the start limit.
COMMAND_LIMIT = 5.0
#: Seconds between two lines in the log about the same absence.
SAY_EVERY = 10.0

#: Largest record that is produced or taken, in bytes: an article of a million characters fits, whatever its script.
MAX_RECORD_BYTES = 4 * 1_048_576


class RedisLink:
    """One Redis client that notices when Redis is another process than before.

    A restarted Redis, or the replica that was promoted, may have forgotten what the old one acknowledged a moment ago;
    so a run under which `changes` grew is done again. A connection renewed to the same process has lost nothing.
    """

    def __init__(self, settings: Settings) -> None:
        self.changes = 0
        self._process: str | None = None
        options: dict[str, Any] = {
            "socket_timeout": 15,
            "socket_connect_timeout": 5,
            "retry": Retry(NoBackoff(), 0),  # callers retry whole runs, and have to know
            "redis_connect_func": self._connected,
        }
        url = settings.redis
        if url.startswith("redis+cluster://"):
            self.client: RedisClient = RedisCluster.from_url(url.replace("redis+cluster", "redis", 1), **options)
        else:
            self.client = redis.asyncio.Redis.from_url(url, **options)

    async def _connected(self, connection: Any) -> None:
        await connection.on_connect()
        await connection.send_command("INFO", "server")
        found = re.search(rb"run_id:(\w+)", await connection.read_response())
        process = found[1].decode() if found else ""
        if self._process not in (None, process) or not process:
            self.changes += 1
        self._process = process

    async def close(self) -> None:
        """Close every connection."""
        await self.client.aclose()


def producer(settings: Settings, **options: Any) -> AIOKafkaProducer:
    """An idempotent producer: every record once per send, in order, confirmed by all in-sync replicas.

    Uncompressed: without further libraries aiokafka knows gzip alone, at its slowest level.
    """
    return AIOKafkaProducer(
        bootstrap_servers=settings.kafka,
        enable_idempotence=True,
        max_request_size=MAX_RECORD_BYTES,
        **{"linger_ms": 5, **options},
    )


def reader(settings: Settings, **options: Any) -> AIOKafkaConsumer:
    """A consumer outside every group, for partitions that the caller assigns."""
    return AIOKafkaConsumer(
        bootstrap_servers=settings.kafka, enable_auto_commit=False, auto_offset_reset="earliest", **options
    )


@asynccontextmanager
async def admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """An admin client, started and closed."""
    client = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


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


async def wait_for_kafka(settings: Settings, limit: float = COMMAND_LIMIT) -> None:
    """Return when Kafka answers. Raises `UserError` naming address and setting after `limit` seconds."""

    async def ask() -> None:
        async with admin(settings):
            pass

    await _wait(ask, (KafkaError, OSError), limit, f"Kafka at {settings.kafka} (TOCSIN_KAFKA)")


async def wait_for_redis(settings: Settings, limit: float = COMMAND_LIMIT) -> None:
    """Return when Redis answers. Raises `UserError` naming address and setting after `limit` seconds."""

    async def ask() -> None:
        link = RedisLink(settings)
        try:
            await link.client.ping()
        finally:
            await link.close()

    await _wait(ask, REDIS_AWAY, limit, f"Redis at {redis_address(settings)} (TOCSIN_REDIS)")


def redis_address(settings: Settings) -> str:
    """Host and port of Redis without its password, for messages."""
    return settings.redis.rsplit("@", 1)[-1].removeprefix("redis+cluster://").removeprefix("redis://").split("/", 1)[0]


async def _wait(
    ask: Callable[[], Awaitable[None]], errors: tuple[type[Exception], ...], limit: float, what: str
) -> None:
    said = 0.0
    try:
        async for attempt in stamina.retry_context(
            on=errors, attempts=None, timeout=limit, wait_initial=0.2, wait_max=5
        ):
            with attempt:
                if attempt.num > 1 and time.monotonic() - said > SAY_EVERY:
                    said = time.monotonic()
                    log.warning("%s does not answer; trying for up to %g s", what, limit)
                await ask()
    except errors as error:
        reason = "" if isinstance(error, KafkaConnectionError) else f" ({' '.join(str(error).split())})"
        raise UserError(
            f"{what} did not answer within {limit:g} s{reason}: start it, or set the address", code=69
        ) from None
