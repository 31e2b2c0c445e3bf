"""How far Redis has come: per partition the offset up to which everything read has been applied.

Kafka's committed offset outlives what Redis forgets (a crash between two fsyncs, a failover, a flush), so a worker
reads from the lower of the two. What it does when a marker is refused is the worker's business.
"""

from collections.abc import Collection, Mapping
from typing import TypeAlias

from streams.settings import Settings
from streams.trends.keys import Keys
from streams.trends.scripts import Call, Client, Script

Partition: TypeAlias = tuple[str, int]
"""(topic, partition); aiokafka's TopicPartition is one."""


class Applied:
    """The markers of one consumer group (a back-fill has its own name). They never expire."""

    def __init__(self, redis: Client, settings: Settings, group: str | None = None) -> None:
        """`redis` answers in bytes (decode_responses off); `group` is the setting's unless given."""
        self._redis = redis
        self._key = Keys(settings.prefix).applied(settings.group if group is None else group)
        self._script = Script("applied.lua")

    async def read(self, partitions: Collection[Partition]) -> dict[Partition, int | None]:
        """The next offset to apply in each; None where there is no marker: read from the start of retention."""
        if not partitions:
            return {}
        found = await self._redis.hmget(self._key, [_name(partition) for partition in partitions])
        return {
            partition: None if value is None else int(value) for partition, value in zip(partitions, found, strict=True)
        }

    async def restart(self, starts: Mapping[Partition, tuple[int | None, int]]) -> dict[Partition, int | None]:
        """Before reading from another offset: partition -> (marker as just read, offset to read from).

        Returns those refused, as another changed the marker meanwhile, with what was found: read and decide again.
        """
        return await self._move("restart", starts)

    async def advance(self, ends: Mapping[Partition, tuple[int, int]]) -> dict[Partition, int | None]:
        """After a run's ledger calls: partition -> (marker as this worker left it, the run's end).

        Returns those refused, with what was found: their marker is missing or lower than it was left, so Redis forgot,
        and the run and more has to be done again. A marker that is higher already (a second worker's) stays.
        """
        return await self._move("advance", ends)

    async def _move(
        self, what: str, moves: Mapping[Partition, tuple[int | None, int]] | Mapping[Partition, tuple[int, int]]
    ) -> dict[Partition, int | None]:
        if not moves:
            return {}
        partitions = {_name(partition).encode(): partition for partition in moves}
        arguments: list[str | bytes | int] = [what]
        for partition, (expected, new) in moves.items():
            arguments += (_name(partition), "" if expected is None else expected, new)
        flat = await self._script.call(self._redis, Call([self._key], arguments))
        return {
            partitions[name]: int(found) if found else None for name, found in zip(flat[::2], flat[1::2], strict=True)
        }


def _name(partition: Partition) -> str:
    return f"{partition[0]}/{partition[1]}"
