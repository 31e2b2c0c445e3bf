"""Quix Streams in its strongest form: matched posts alone go on to a sink that sums them and writes once a checkpoint.

Its best settings: raw values decoded in the one step that there is (`expand`, so that what matches nothing ends there),
one pipeline to Redis for all partitions (a `BatchingSink` would write one for each), a checkpoint a second, no topic
management and no state; checkpoints of five seconds and longer queues of its client gain nothing that shows. That
client, librdkafka, fetches in threads of its own beside Python's, which the processor seconds show.
"""

from collections.abc import Callable
from typing import Any

import redis
from quixstreams import Application
from quixstreams.sinks import BaseSink

from tests.benchmarks.stream.work import NOTED, Counts, Progress, Task, Work, add_counts, read_task


class RedisCounts(BaseSink):
    """Sums cells, and writes them at each checkpoint; `written` is called then."""

    def __init__(self, url: str, written: Callable[[], None]) -> None:
        super().__init__()
        self._written = written
        self._redis = redis.Redis.from_url(url)
        self._counts = Counts()

    def add(self, value: tuple[str, int], *args: Any, **kwargs: Any) -> None:
        """Count one."""
        self._counts[value] += 1

    def flush(self) -> None:
        """Write the sums."""
        with self._redis.pipeline(transaction=False) as pipeline:
            add_counts(pipeline, self._counts)
            pipeline.execute()
        self._counts.clear()
        self._written()


def run(task: Task) -> None:
    """Read the topic to its end."""
    work, progress, done = Work(task), Progress(task.progress), 0
    app = Application(
        broker_address=task.kafka,
        consumer_group=task.group,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        use_changelog_topics=False,
        commit_interval=1.0,
        loglevel="WARNING",
    )

    def match(raw: bytes) -> list[tuple[str, int]]:
        nonlocal done
        done += 1
        if done % NOTED == 0:
            progress.note(min(done, task.posts - 1))
        if done == task.posts:
            app.stop()  # after this post: the last checkpoint is written at once
        return work.cells([raw])

    def written() -> None:
        progress.note(done)

    topic = app.topic(task.topic, value_deserializer="bytes", key_deserializer="bytes")
    app.dataframe(topic).apply(match, expand=True).sink(RedisCounts(task.redis, written))
    app.run()


if __name__ == "__main__":
    run(read_task())
