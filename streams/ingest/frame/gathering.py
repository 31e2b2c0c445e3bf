"""Single messages to groups of them: Kafka is handed groups, and a firehose sends a thousand messages a second."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress

from streams.tasks import end

#: Bytes that may lie here before the platform has to wait.
MOST_BYTES = 4 * 1024 * 1024
#: Most messages of a group.
MOST = 1_000


async def gathered(
    messages: AsyncIterator[bytes], within: float = 0.05, silence: float | None = None
) -> AsyncGenerator[list[bytes], None]:
    """Groups of what comes within so many seconds, in order; after `silence` seconds without any, an empty one.

    Reads no further while `MOST_BYTES` wait to be asked for. Raises what `messages` raises, after what came before.
    """
    waiting: list[bytes] = []
    size = 0
    came, room = asyncio.Event(), asyncio.Event()

    async def pump() -> None:
        nonlocal size
        try:
            async for message in messages:
                waiting.append(message)
                size += len(message)
                came.set()
                if size >= MOST_BYTES or len(waiting) >= MOST:
                    room.clear()
                    await room.wait()
        finally:
            came.set()

    task = asyncio.create_task(pump())
    try:
        while not task.done() or waiting:
            with suppress(TimeoutError):
                async with asyncio.timeout(silence):
                    await came.wait()
                if len(waiting) < MOST and not task.done():
                    await asyncio.sleep(within)
            group, waiting[:], size = waiting[:], [], 0
            came.clear()
            room.set()
            if group or not task.done():
                yield group
            if task.done():
                came.set()
        await task
    finally:
        await end([task])
