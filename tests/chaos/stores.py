"""The servers of a run: an Apache Kafka and a redis-server, each behind a proxy, and what can be done to both.

Owns processes and files; which Redis stands behind the proxy changes with a failover. Knows nothing of workers.
"""

import asyncio
import itertools
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import redis.asyncio

from streams.embedded import HOST, Server, redis_server
from tests import brokers
from tests.chaos.proxy import Proxy

#: Where a Redis keeps its append-only file, in its folder.
FILES = "appendonlydir"
#: Snapshots of Redis' files that are kept.
SNAPSHOTS = 4
#: Seconds for a server to start while the machine is busy.
START = 90.0

#: A small machine: it is started many times, and does little.
JAVA_OPTIONS = "-Xmx320m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto"

Answer = TypeVar("Answer")


class Stores:
    """Kafka and Redis. Clients go through `kafka_proxy` and `redis_proxy`, whose addresses never change.

    `variables` are the settings that lead there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self.kafka = brokers.apache_kafka(folder / "kafka").server
        self.kafka._environment["_JAVA_OPTIONS"] = JAVA_OPTIONS
        self.kafka_proxy = Proxy(self.kafka.port)
        _advertise(folder / "kafka" / "server.properties", self.kafka_proxy.address)
        self.redis = self._new_redis()
        self.redis_proxy = Proxy(self.redis.port)
        self.variables = {
            "TOCSIN_KAFKA": self.kafka_proxy.address,
            "TOCSIN_REDIS": f"redis://{self.redis_proxy.address}/0",
        }
        self._snapshots: list[Path] = []
        self._made = 0

    async def start(self) -> None:
        """Start all; both answer then. Raises `NoRealBrokerError` where Redis is older than 7."""
        await self.kafka_proxy.start()
        await self.redis_proxy.start()
        await asyncio.gather(in_thread(self.kafka.start, START), in_thread(self.redis.start, START))
        if not (self.redis.folder / FILES).is_dir():
            raise brokers.NoRealBrokerError("redis-server is older than 7, whose files lie otherwise")

    async def stop(self) -> None:
        """End all."""
        await self.kafka_proxy.stop()
        await self.redis_proxy.stop()
        self.end()

    def end(self) -> None:
        """End the processes at once."""
        self.kafka.kill()
        self.redis.kill()

    def client(self) -> AbstractAsyncContextManager[Any]:
        """A client of the Redis that serves now, past the proxy."""
        return _client(self.redis)

    async def snapshot(self) -> None:
        """Keep a copy of Redis' files as they are this moment: it is stopped for as long as copying takes."""
        kept = self._folder / f"snapshot-{self._made}"
        self._made += 1
        os.kill(self.redis.pid, signal.SIGSTOP)
        try:
            await in_thread(shutil.copytree, self.redis.folder / FILES, kept)
        finally:
            os.kill(self.redis.pid, signal.SIGCONT)
        self._snapshots.append(kept)
        for old in self._snapshots[:-SNAPSHOTS]:
            shutil.rmtree(old)
        del self._snapshots[:-SNAPSHOTS]

    async def restore(self, which: int, seconds: float) -> None:
        """Kill Redis and start it again on one of the snapshots."""
        kept = self._snapshots[which % len(self._snapshots)]
        self.redis.kill()
        live = self.redis.folder / FILES
        shutil.rmtree(live)
        shutil.copytree(kept, live)
        await asyncio.sleep(seconds)
        await in_thread(self.redis.start, START)

    async def lose_power(self, seconds: float) -> int:
        """Kill Redis and take away what it wrote in the last `seconds`, which no fsync had seen. Returns the bytes."""
        log = _last_log(self.redis.folder)
        synced = log.stat().st_size
        await asyncio.sleep(seconds)
        self.redis.kill()
        lost = 0
        if _last_log(self.redis.folder) == log:  # else it was rewritten meanwhile, and synced
            lost = log.stat().st_size - synced
            os.truncate(log, synced)
        await in_thread(self.redis.start, START)
        return lost

    async def fail_over(self, seconds: float) -> int:
        """Let a replica take over that has heard nothing for `seconds`. Returns the bytes of replication it lacks."""
        link = Proxy(self.redis.port)
        await link.start()
        replica = self._new_redis()
        try:
            await in_thread(replica.start, START)
            async with _client(replica) as waiting, self.client() as primary:
                await waiting.replicaof(HOST, link.port)
                await _until(lambda: _synced(primary))
                link.hold()
                await asyncio.sleep(seconds)
                written = (await primary.info("replication"))["master_repl_offset"]
            old, self.redis = self.redis, replica
            old.kill()
        except BaseException:
            replica.kill()
            raise
        finally:
            await link.stop()
        async with self.client() as promoted:
            before = (await promoted.info("replication"))["slave_repl_offset"]
            await promoted.replicaof("NO", "ONE")
        self.redis_proxy.target = replica.port
        self.redis_proxy.cut()
        shutil.rmtree(old.folder)
        return int(written - before)

    def _new_redis(self) -> Server:
        folder = self._folder / f"redis-{next(self._numbers)}"
        folder.mkdir()
        options = ("--appendonly", "yes", "--appendfsync", "everysec", "--repl-diskless-sync-delay", "0")
        return redis_server(folder, *options)


@asynccontextmanager
async def _client(server: Server) -> AsyncIterator[Any]:
    client: Any = redis.asyncio.Redis(host=HOST, port=server.port, socket_timeout=30)
    try:
        yield client
    finally:
        await client.aclose()


async def in_thread(call: Callable[..., Answer], *arguments: Any) -> Answer:
    """A blocking call, while the proxies live on."""
    return await asyncio.to_thread(call, *arguments)


async def _synced(primary: Any) -> bool:
    said = await primary.info("replication")
    return bool(said.get("slave0", {}).get("state") == "online")


async def _until(condition: Callable[[], Any]) -> None:
    await brokers.eventually(condition, START, "the replica never came up")


def _last_log(folder: Path) -> Path:
    """The file that Redis appends to."""
    logs = (folder / FILES).glob("*.incr.aof")
    return max(logs, key=lambda path: int(re.findall(r"\d+", path.name)[-1]))


def _advertise(settings: Path, address: str) -> None:
    """Let Kafka send its clients to this address."""
    text = settings.read_text(encoding="utf-8")
    changed, count = re.subn(r"(?m)^advertised\.listeners=.*$", f"advertised.listeners=PLAINTEXT://{address}", text)
    assert count == 1, "server.properties names no advertised.listeners"
    settings.write_text(changed, encoding="utf-8")
