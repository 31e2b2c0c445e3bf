"""How far Redis has come: per partition the offset up to which everything read has been applied.

Kafka's committed offset outlives what Redis forgets (a crash between two fsyncs, a failover, a flush), so a worker
reads from the lower of the two. What it does when a marker is refused is the worker's business.
"""

from collections.abc import Collection, Mapping
from typing import TypeAlias

from redis.asyncio.cluster import RedisCluster

from streams.settings import Settings
from streams.trends.keys import Keys
from streams.trends.scripts import Call, Client, Script, pipelined

Partition: TypeAlias = tuple[str, int]
"""(topic, partition); aiokafka's TopicPartition is one."""


class Applied:
    """The markers of one consumer group (a back-fill has its own name). They never expire.

    The shards of a Redis Cluster forget apart, so there the same markers lie all over the slots, and the lowest counts.
    """

    def __init__(self, redis: Client, settings: Settings, group: str | None = None) -> None:
        """`redis` answers in bytes (decode_responses off); `group` is the setting's unless given."""
        self._redis = redis
        keys, group = Keys(settings.prefix), settings.group if group is None else group
        self._keys = keys.applied_everywhere(group) if isinstance(redis, RedisCluster) else [keys.applied(group)]
        self._script = Script("applied.lua")

    async def read(self, partitions: Collection[Partition]) -> dict[Partition, int | None]:
        """The next offset to apply in each; None where a marker is missing: read from the start of retention."""
        if not partitions:
            return {}
        names = [_name(partition) for partition in partitions]
        rows = await pipelined(self._redis, [("HMGET", key, *names) for key in self._keys])
        return {
            partition: None if None in found else min(map(int, found))
            for partition, found in zip(partitions, zip(*rows, strict=True), strict=True)
        }

    async def restart(self, starts: Mapping[Partition, int]) -> dict[Partition, int | None]:
        """Before reading from another offset: partition -> offset to read from, at most the marker as just read.

        Returns those refused, with what was found: another went back further meanwhile, or Redis forgot. Read and
        decide again.
        """
        return await self._move("restart", {partition: (0, start) for partition, start in starts.items()})

    async def advance(self, ends: Mapping[Partition, tuple[int, int]]) -> dict[Partition, int | None]:
        """After a run's ledger calls: partition -> (marker as this worker left it, the run's end).

        Returns those refused, with what was found: their marker is missing or lower than it was left, so Redis forgot,
        and the run and more has to be done again. A marker that is higher already (a second worker's) stays.
        """
        return await self._move("advance", ends)

    async def _move(self, what: str, moves: Mapping[Partition, tuple[int, int]]) -> dict[Partition, int | None]:
        if not moves:
            return {}
        partitions = {_name(partition).encode(): partition for partition in moves}
        arguments: list[str | bytes | int] = [what]
        for partition, (expected, new) in moves.items():
            arguments += (_name(partition), expected, new)
        refused: dict[Partition, int | None] = {}
        for flat in await self._script.calls(self._redis, [Call([key], arguments) for key in self._keys]):
            for name, found in zip(flat[::2], flat[1::2], strict=True):
                refused[partitions[name]] = int(found) if found else None
        return refused


def _name(partition: Partition) -> str:
    return f"{partition[0]}/{partition[1]}"
