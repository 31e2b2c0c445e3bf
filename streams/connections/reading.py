"""Reading a stretch of partitions to its end, as whoever answers and is done reads the log.

Knows nothing of what the records say. Workers, which read for ever, don't come here.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

#: Milliseconds for which one request waits where there is nothing yet.
_PATIENCE = 500

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many records are done, of how many."""


@dataclass(frozen=True, slots=True)
class Extent:
    """A stretch of the log: for each partition the first offset and the one after the last."""

    starts: Mapping[TopicPartition, int]
    ends: Mapping[TopicPartition, int]

    @property
    def records(self) -> int:
        """How many offsets that are."""
        return sum(max(0, end - self.starts[tp]) for tp, end in self.ends.items())


async def held(consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition]) -> Extent:
    """All that these partitions hold now. Raises KafkaError."""
    return Extent(await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions))


async def batches(
    consumer: AIOKafkaConsumer, extent: Extent
) -> AsyncIterator[tuple[TopicPartition, list[ConsumerRecord]]]:
    """The records of a stretch, some of one partition at a time, each partition's in order.

    Assigns the consumer, which should not be assigned yet: aiokafka's `stop` waits for ever where it comes just after a
    second assignment.
    """
    left = {tp for tp, end in extent.ends.items() if extent.starts[tp] < end}
    if not left:
        return
    consumer.assign(list(left))
    for tp in left:
        consumer.seek(tp, extent.starts[tp])
    while left:
        for tp, found in (await consumer.getmany(*left, timeout_ms=_PATIENCE)).items():
            if records := [each for each in found if each.offset < extent.ends[tp]]:
                yield tp, records
        # By position, not by the records: offsets are missing where a topic is compacted or holds transactions.
        for tp in list(left):
            if await consumer.position(tp) >= extent.ends[tp]:
                left.discard(tp)
