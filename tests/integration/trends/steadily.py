"""Reading while the clock goes on: with each hour's end Redis keeps some of the finer buckets no longer."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Answer = TypeVar("Answer")


async def steadily(read: Callable[[], Awaitable[Answer]]) -> tuple[Answer, int]:
    """What is read, and when (unix seconds): read again where an hour ended meanwhile."""
    while True:
        began = int(time.time())
        answer = await read()
        if int(time.time()) // 3_600 == began // 3_600:
            return answer, began
