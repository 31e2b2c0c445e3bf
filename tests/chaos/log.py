"""A feed as Kafka would hold it, for tests without one."""

import zlib
from collections.abc import Iterable, Iterator

from aiokafka.structs import ConsumerRecord

from tests.chaos.feed import Fed

PARTITIONS = 4


def as_log(fed: Iterable[Fed]) -> Iterator[tuple[bool, ConsumerRecord]]:
    """Whether it is an article, and the record: all of a key in one partition, offsets in order."""
    ends: dict[tuple[str, int], int] = {}
    for each in fed:
        partition = zlib.crc32(each.key or b"") % PARTITIONS
        offset = ends.get((each.topic, partition), 0)
        ends[each.topic, partition] = offset + 1
        yield (
            each.topic == "articles",
            ConsumerRecord(each.topic, partition, offset, each.stamp, 0, each.key, each.value, None, -1, 0, ()),
        )
