"""Reading while the clock goes on: with each hour's end Redis keeps some of the finer buckets no longer."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Answer = TypeVar("Answer")


async def steadily(read: Callable[[], Awaitable[Answer]]) -> tuple[Answer, int]:
    """What is read, and the instant (unix seconds) by which it goes what is kept.

    Read again where an hour ended meanwhile: which side of it the answer is of can't be told.
    """
    while True:
        began = _kept_at()
        answer = await read()
        if _kept_at() // 3_600 == began // 3_600:
            return answer, began


def _kept_at() -> int:
    return int(time.time()) + 1  # the scripts leave out what expires within this second
