"""Clients of Kafka and Redis, made from the settings, the wait for both at start, and why one refuses us.

Knows addresses, credentials and limits; knows nothing of topics' meaning or Redis' keys.
"""

import logging
import re
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import redis.asyncio
import stamina
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    CoordinatorLoadInProgressError,
    GroupCoordinatorNotAvailableError,
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    NotCoordinatorError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.structs import OffsetAndMetadata
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    TryAgainError,
)
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
    so a run under which `changes` grew is done again. A connection renewed to the same process has lost nothing. Of a
    Redis Cluster each node is a process; one that is met for the first time counts as a change.
    """

    def __init__(self, settings: Settings) -> None:
        self.changes = 0
        self.process = ""
        """The run id of the process last connected to; empty where there is none yet, or many: on a Redis Cluster."""
        self._processes: dict[str, str] = {}
        options: dict[str, Any] = {
            "socket_timeout": 15,
            "socket_connect_timeout": 5,
            "retry": Retry(NoBackoff(), 0),  # callers retry whole runs, and have to know
        }
        if settings.redis_ca:
            options["ssl_ca_data"] = settings.redis_ca
        url = settings.redis
        if "+cluster://" in url:
            one, *others = _nodes(url.replace("+cluster://", "://", 1))
            known = [ClusterNode(each.hostname or "127.0.0.1", each.port or 6379) for each in map(urlsplit, others)]
            cluster = RedisCluster.from_url(one, startup_nodes=known, **options)
            cluster.connection_kwargs["redis_connect_func"] = self._connected_to_node  # there is no parameter of it
            self.client: RedisClient = cluster
        else:
            self.client = redis.asyncio.Redis.from_url(url, redis_connect_func=self._connected, **options)

    async def _connected(self, connection: Any) -> None:
        self.process = await self._met(connection, "")

    async def _connected_to_node(self, connection: Any) -> None:
        await self._met(connection, f"{connection.host}:{connection.port}")

    async def _met(self, connection: Any, node: str) -> str:
        await connection.on_connect()
        await connection.send_command("INFO", "server")
        found = re.search(rb"run_id:(\w+)", await connection.read_response())
        process = found[1].decode() if found else ""
        if not process or (self._processes and self._processes.get(node) != process):
            self.changes += 1
        self._processes[node] = process
        return process

    async def close(self) -> None:
        """Close every connection."""
        await self.client.aclose()


def _nodes(url: str) -> list[str]:
    """A URL for each of the nodes that one names, separated by commas: any of them leads to the whole cluster."""
    parts = urlsplit(url)
    credentials, at, hosts = parts.netloc.rpartition("@")
    return [parts._replace(netloc=f"{credentials}{at}{host}").geturl() for host in hosts.split(",")]


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
    """Return when Kafka answers. Raises `UserError` naming address and setting: after `limit` s, refused at once."""

    async def ask() -> None:
        async with admin(settings):
            pass

    what = f"Kafka at {settings.kafka} (TOCSIN_KAFKA)"
    to_do = (
        f"start it, or set the address (and TOCSIN_KAFKA_SECURITY, {settings.kafka_security}, as its listener has it)"
    )
    await _wait(ask, (KafkaError, OSError), limit, what, kafka_refusal, to_do)


async def wait_for_redis(settings: Settings, limit: float = COMMAND_LIMIT) -> None:
    """Return when Redis answers. Raises `UserError` naming address and setting: after `limit` s, refused at once."""

    async def ask() -> None:
        link = RedisLink(settings)
        try:
            await link.client.ping()
        finally:
            await link.close()

    what = f"Redis at {redis_address(settings)} (TOCSIN_REDIS)"
    to_do = "start it, or set the address (rediss:// where it speaks TLS, and only there)"
    await _wait(ask, REDIS_AWAY, limit, what, redis_refusal, to_do)


def redis_address(settings: Settings) -> str:
    """Host and port of Redis (the path of its socket) without its password, for messages."""
    url = urlsplit(settings.redis)
    return url.netloc.rpartition("@")[2] or url.path


def kafka_refusal(error: BaseException) -> str | None:
    """Why Kafka will go on refusing us and what to do, from the words after its name; None where it is only away."""
    match error:
        case SaslAuthenticationFailed() | IllegalSaslStateError() | AuthenticationFailedError():
            return "refuses the password: set TOCSIN_KAFKA_USER, TOCSIN_KAFKA_PASSWORD and TOCSIN_KAFKA_MECHANISM right"
        case UnsupportedSaslMechanismError():
            return "does not know TOCSIN_KAFKA_MECHANISM: set one that the brokers' sasl.enabled.mechanisms name"
        case ssl.SSLError():
            return _tls_refusal(error, "TOCSIN_KAFKA_CA_FILE", "set TOCSIN_KAFKA_SECURITY to what the listener speaks")
        case _:
            return None


def redis_refusal(error: BaseException) -> str | None:
    """The same for Redis, whose library raises errors of its own over the cause."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, AuthenticationError):
            return "refuses user and password: set them right in TOCSIN_REDIS, redis://USER:PASSWORD@HOST:PORT/DB"
        if isinstance(cause, ssl.SSLError):
            return _tls_refusal(cause, "TOCSIN_REDIS_CA_FILE", "write redis:// in TOCSIN_REDIS, or the port that does")
        cause = cause.__cause__ or cause.__context__
    return None


def _tls_refusal(error: ssl.SSLError, setting: str, instead: str) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"shows a certificate that is not trusted ({error.verify_message}): name the file of the authority that "
            f"signed it in {setting}, and the host as the certificate does"
        )
    return f"does not speak TLS there ({error.reason}): {instead}"


async def _wait(
    ask: Callable[[], Awaitable[None]],
    errors: tuple[type[Exception], ...],
    limit: float,
    what: str,
    refusal: Callable[[BaseException], str | None],
    to_do: str,
) -> None:
    said = 0.0
    try:
        async for attempt in stamina.retry_context(
            on=lambda error: isinstance(error, errors) and refusal(error) is None,
            attempts=None, timeout=limit, wait_initial=0.2, wait_max=5,
        ):  # fmt: skip
            with attempt:
                if attempt.num > 1 and time.monotonic() - said > SAY_EVERY:
                    said = time.monotonic()
                    log.warning("%s does not answer; trying for up to %g s", what, limit)
                await ask()
    except errors as error:
        refused = refusal(error)
        if refused is not None:
            raise UserError(f"{what} {refused}", code=69) from None
        reason = " ".join(str(error).split())
        told = f" ({reason})" if reason and not isinstance(error, KafkaConnectionError) else ""
        raise UserError(f"{what} did not answer within {limit:g} s{told}: {to_do}", code=69) from None
