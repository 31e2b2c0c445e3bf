"""How far the log is counted: whether every record from before an instant is in Redis, and when the log begins.

It asks Kafka at which offset the instant lies in each partition, and compares with the applied offsets: two requests to
each broker, whoever reads however far behind. Knows nothing of events.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.connections import admin, log_partitions, reader
from streams.settings import Settings
from streams.trends import Applied


class Reach:
    """Asks over a consumer of its own, which fetches nothing."""

    def __init__(self, consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition], applied: Applied) -> None:
        self._consumer = consumer
        self._partitions = partitions
        self._applied = applied

    async def is_read(self, until: int) -> bool:
        """Whether all that Kafka got before `until` (unix seconds) is counted."""
        found = await self._consumer.offsets_for_times(dict.fromkeys(self._partitions, until * 1_000))
        ends = await self._consumer.end_offsets(self._partitions)
        applied = await self._applied.read(self._partitions)
        for tp in self._partitions:
            later, marker = found[tp], applied[tp]
            if marker is None or marker < (ends[tp] if later is None else later.offset):
                return False
        return True

    async def began(self) -> int | None:
        """When the earliest record came that Kafka still has (unix seconds); None where it has none."""
        found = await self._consumer.offsets_for_times(dict.fromkeys(self._partitions, 0))
        return min((each.timestamp // 1_000 for each in found.values() if each is not None), default=None)


@asynccontextmanager
async def reaching(settings: Settings, applied: Applied) -> AsyncIterator[Reach]:
    """A `Reach` over the partitions of posts and articles, closed at the end."""
    async with admin(settings) as client:
        partitions = await log_partitions(client, settings)
    async with reader(settings) as consumer:
        yield Reach(consumer, partitions, applied)
