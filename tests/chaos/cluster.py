"""What a large user has: three brokers that keep everything thrice, and a Redis Cluster of three masters with replicas.

Owns the processes, and how one at a time is broken. No proxies: clients of a cluster ask it where its nodes are.
"""

import asyncio
import itertools
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from redis.asyncio.cluster import ClusterNode, RedisCluster

from streams.embedded import HOST, Server
from tests import brokers
from tests.chaos.faults import Record, Ways
from tests.chaos.schedule import Fault, Planned
from tests.chaos.stores import JAVA_OPTIONS, START, in_thread

NODES = 3
#: Slots that are moved at once, of 16,384.
SLOTS = 200
#: Seconds for `redis-cli` to build or change the cluster.
CHANGE = 120.0


class Cluster:
    """The servers. `variables` are the settings that lead there."""

    def __init__(self, folder: Path) -> None:
        """Raises `NoRealBrokerError` where Apache Kafka or redis-cli can't be had."""
        if shutil.which("redis-cli") is None:
            raise brokers.NoRealBrokerError("redis-cli is not installed")
        self.kafka = brokers.apache_kafka_nodes([folder / f"kafka-{number}" for number in range(NODES)])
        for broker in self.kafka:
            broker._environment["_JAVA_OPTIONS"] = JAVA_OPTIONS
        self.redis = [_redis_node(folder / f"redis-{number}") for number in range(2 * NODES)]
        self.variables = {
            "TOCSIN_KAFKA": ",".join(each.address for each in self.kafka),
            "TOCSIN_REDIS": "redis+cluster://" + ",".join(each.address for each in self.redis[:NODES]),
            "TOCSIN_REPLICATION": str(NODES),
        }

    async def start(self) -> None:
        """Start all; each serves then."""
        for each in (*self.kafka, *self.redis):
            await in_thread(each.launch)
        for each in (*self.kafka, *self.redis):
            await in_thread(each.wait, START)
        addresses = [each.address for each in self.redis]
        await self.command("create", *addresses, "--cluster-replicas", "1", "--cluster-yes")
        await brokers.eventually(self._serves, START, "the Redis Cluster never served")

    async def stop(self) -> None:
        """End all."""
        for each in (*self.kafka, *self.redis):
            each.kill()

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Any]:
        """A client of the Redis Cluster."""
        nodes = [ClusterNode(HOST, each.port) for each in self.redis if each.running]
        client = RedisCluster(startup_nodes=nodes, socket_timeout=30)
        try:
            yield client
        finally:
            await client.aclose()

    async def roles(self) -> dict[int, dict[str, str]]:
        """Port -> `id`, `flags`, `master` (the id; `-` of a master itself) of the nodes that answer."""
        port = next(each.port for each in self.redis if each.running)
        said = await in_thread(_run, ["redis-cli", "-p", str(port), "cluster", "nodes"])
        found = {}
        for line in said.splitlines():
            node, address, flags, master = line.split()[:4]
            found[int(address.partition("@")[0].rpartition(":")[2])] = {"id": node, "flags": flags, "master": master}
        return found

    async def masters(self) -> Sequence[Server]:
        """The masters that live, in the order of their folders."""
        roles = await self.roles()
        return [each for each in self.redis if "master" in roles[each.port]["flags"] and each.running]

    async def command(self, *arguments: str) -> str:
        """What `redis-cli --cluster` says. Raises CalledProcessError where it fails."""
        return await in_thread(_run, ["redis-cli", "--cluster", *arguments])

    async def _serves(self) -> bool:
        return await brokers.cluster_agrees(self.redis) and len(await self.masters()) == NODES


class ClusterFaults:
    """The faults of a run on a cluster: one node at a time, for every one of them is needed by a majority."""

    def __init__(self, cluster: Cluster, record: Record) -> None:
        self._cluster, self._record = cluster, record

    def ways(self) -> Ways:
        """How each of them is done."""
        return {
            Fault.BROKER_KILL: self._broker_kill,
            Fault.BROKER_STOP: self._broker_stop,
            Fault.MASTER_KILL: self._master_kill,
            Fault.MASTER_BLINK: self._master_kill,
            Fault.MASTER_SWAP: self._master_swap,
            Fault.SLOTS_MOVED: self._slots_moved,
        }

    async def settle(self) -> None:
        """Wait until the Redis Cluster is whole: what is broken next must not be the second of a pair."""
        await brokers.eventually(self._is_whole, START, "the Redis Cluster never became whole again")

    async def _broker_kill(self, planned: Planned) -> None:
        broker = self._cluster.kafka[planned.target % NODES]
        await in_thread(broker.kill)
        await asyncio.sleep(planned.seconds)
        await in_thread(broker.start, START)

    async def _broker_stop(self, planned: Planned) -> None:
        broker = self._cluster.kafka[planned.target % NODES]
        await in_thread(broker.stop)
        await asyncio.sleep(planned.seconds)
        await in_thread(broker.start, START)

    async def _master_kill(self, planned: Planned) -> None:
        await self.settle()
        masters = await self._cluster.masters()
        victim = masters[planned.target % len(masters)]
        await in_thread(victim.kill)
        await asyncio.sleep(planned.seconds)
        await in_thread(victim.start, START)
        await self.settle()
        took_over = victim.port not in {each.port for each in await self._cluster.masters()}
        self._record.see("replica took over" if took_over else "the master came back as one", fault=planned.fault)

    async def _master_swap(self, planned: Planned) -> None:
        await self.settle()
        replicas = [port for port, role in (await self._cluster.roles()).items() if "slave" in role["flags"]]
        port = sorted(replicas)[planned.target % len(replicas)]
        await in_thread(_run, ["redis-cli", "-p", str(port), "cluster", "failover"])

    async def _slots_moved(self, planned: Planned) -> None:
        await self.settle()
        roles = await self._cluster.roles()
        masters = [roles[each.port]["id"] for each in await self._cluster.masters()]
        giver, taker = list(itertools.permutations(masters, 2))[planned.target % 6]
        ends = ("--cluster-from", giver, "--cluster-to", taker, "--cluster-slots", str(SLOTS), "--cluster-yes")
        address = self._cluster.redis[0].address
        try:
            await self._cluster.command("reshard", address, *ends)
            self._record.see("slots moved", SLOTS, planned.fault)
        except subprocess.CalledProcessError:
            self._record.see("a move broken off, and mended", fault=planned.fault)
            await self._cluster.command("fix", address)

    async def _is_whole(self) -> bool:
        roles = (await self._cluster.roles()).values()
        masters = [each for each in roles if "master" in each["flags"]]
        return len(masters) == NODES and not any("fail" in each["flags"] for each in roles)


def _redis_node(folder: Path) -> Server:
    options = ("--appendonly", "yes", "--appendfsync", "everysec", "--repl-diskless-sync-delay", "0")
    return brokers.redis_cluster_node(folder, *options)


def _run(command: Sequence[str]) -> str:
    return subprocess.run(command, check=True, timeout=CHANGE, capture_output=True, text=True).stdout
