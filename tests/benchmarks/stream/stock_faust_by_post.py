"""Stock Faust as its guide writes an agent: one post at a time, one call of Redis for each match.

Not its strongest form, but what most agents are; with all settings of the strongest one.
"""

from typing import Any

import faust
import mode.loop
import redis.asyncio

from tests.benchmarks.stream.stock_faust import app, run
from tests.benchmarks.stream.work import Progress, Task, Work, read_task


def build(task: Task) -> faust.App:
    """The app with its agent."""
    made = app(task)
    client = redis.asyncio.Redis.from_url(task.redis)
    work, progress = Work(task), Progress(task.progress)

    @made.agent(made.topic(task.topic, value_serializer="raw"))
    async def count(stream: Any) -> None:
        done = 0
        async for value in stream:
            for event, minute in work.cells([value]):
                await client.hincrby(f"count:{event}", str(minute), 1)
            done += 1
            progress.note(done)

    return made


if __name__ == "__main__":
    mode.loop.use("uvloop")
    run(build(read_task()))
