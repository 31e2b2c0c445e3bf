"""The client of Redis, made from the settings, that notices when Redis is another process than before.

Knows the address, credentials and what an absence looks like; knows nothing of Redis' keys.
"""

import re
from typing import Any
from urllib.parse import urlsplit

import redis.asyncio
from redis._parsers.base import BaseParser
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AskError,
    BusyLoadingError,
    ClusterError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from streams.connections.packing import pack_in_c
from streams.settings import Settings


class RedisRefuses(ResponseError):
    """Redis writes nothing for now (its disk is full, a replica is missing), or does nothing: a script takes long."""


# redis-py knows no class of these: they would pass for mistakes of ours.
BaseParser.EXCEPTION_CLASSES |= dict.fromkeys(("MISCONF", "NOREPLICAS", "BUSY"), RedisRefuses)

#: What Redis answers, or doesn't, while it is away, full, loading, failing over or resharding: all of it passes.
REDIS_AWAY = (
    RedisConnectionError, RedisTimeoutError, BusyLoadingError, ReadOnlyError, OutOfMemoryError, ClusterError,
    RedisClusterException, RedisRefuses, AskError, TryAgainError, OSError,
)  # fmt: skip

RedisClient = redis.asyncio.Redis | RedisCluster


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
            pack_in_c(self.client)

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


def redis_address(settings: Settings) -> str:
    """Host and port of Redis (the path of its socket) without its password, for messages."""
    url = urlsplit(settings.redis)
    return url.netloc.rpartition("@")[2] or url.path


def _nodes(url: str) -> list[str]:
    """A URL for each of the nodes that one names, separated by commas: any of them leads to the whole cluster."""
    parts = urlsplit(url)
    credentials, at, hosts = parts.netloc.rpartition("@")
    return [parts._replace(netloc=f"{credentials}{at}{host}").geturl() for host in hosts.split(",")]
