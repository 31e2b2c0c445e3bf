"""The limit: aiokafka's `getmany()` and the same decoding, with or without matching; nothing is counted or committed.

Its best settings: uvloop, the worker's of the collector, all that was fetched at a time, no commits, and 4 MiB of each
of the 24 partitions a fetch.
"""

from collections.abc import Iterable

import uvloop
from aiokafka import AIOKafkaConsumer

from schemas.codec import decode_post
from streams import collector
from tests.benchmarks.stream.work import NOTED, Progress, Task, Work, read_task


def _decode(raws: Iterable[bytes | None]) -> object:
    return [decode_post(raw) for raw in raws]


async def run(task: Task) -> None:
    """Read the topic to its end."""
    do = Work(task).cells if task.rules else _decode
    collector.set_aside()
    progress, done = Progress(task.progress), 0
    consumer = AIOKafkaConsumer(
        task.topic,
        bootstrap_servers=task.kafka,
        group_id=task.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=4 * 1_048_576,
    )
    await consumer.start()
    try:
        while done < task.posts:
            for records in (await consumer.getmany(timeout_ms=1_000)).values():
                for start in range(0, len(records), NOTED):
                    portion = records[start : start + NOTED]
                    do([record.value for record in portion])
                    done += len(portion)
                    progress.note(done)
    finally:
        await consumer.stop()


if __name__ == "__main__":
    uvloop.run(run(read_task()))
