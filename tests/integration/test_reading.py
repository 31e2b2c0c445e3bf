"""A stretch of the log is read from its first record to its last, whatever comes after it."""

from pathlib import Path

from aiokafka import TopicPartition

from streams.connections import Extent, admin, batches, held, log_partitions, reader
from tests.brokers import Kafka, Redis
from tests.integration.log import post, produce
from tests.integration.system import System


async def offsets(system: System, extent: Extent) -> dict[TopicPartition, list[int]]:
    """What is read of the stretch, by partition."""
    found: dict[TopicPartition, list[int]] = {}
    async with reader(system.settings, max_poll_records=7) as consumer:
        async for tp, records in batches(consumer, extent):
            found.setdefault(tp, []).extend(each.offset for each in records)
    return found


async def test_a_stretch_holds_what_was_there_when_it_was_measured(
    kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path
) -> None:
    system = System(kafka, redis_server, prefix, tmp_path)
    system.create_topics()
    async with admin(system.settings) as client:
        partitions = await log_partitions(client, system.settings)
    await produce(system, *(post(number, "hello") for number in range(50)))
    async with reader(system.settings) as consumer:
        consumer.assign(partitions)
        extent = await held(consumer, partitions)
    await produce(system, *(post(number, "hello") for number in range(50, 80)))

    assert extent.records == 50
    whole = {tp: list(range(end)) for tp, end in extent.ends.items() if end}
    assert await offsets(system, extent) == whole
    later = Extent({tp: end // 2 for tp, end in extent.ends.items()}, extent.ends)
    assert await offsets(system, later) == {tp: every[len(every) // 2 :] for tp, every in whole.items()}
