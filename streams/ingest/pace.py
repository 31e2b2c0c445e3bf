"""Several streams of records as one, in the order of their times and at their own pace times a factor.

Knows times and the loop's clock; knows neither files nor Kafka.
"""

import asyncio
import heapq
from collections.abc import AsyncIterator, Sequence
from typing import Protocol, TypeVar

#: Most records that are handed on at once.
MOST = 1_000
#: Seconds that records which are nearly due are gathered.
GATHER = 0.05


class Timed(Protocol):
    """Something with a time in milliseconds; None: due at once."""

    @property
    def time(self) -> int | None: ...


Each = TypeVar("Each", bound=Timed)


async def paced(sources: Sequence[AsyncIterator[list[Each]]], speed: float) -> AsyncIterator[list[Each]]:
    """The records of all sources, each when it is due, `speed` seconds of their time a second.

    The first time sets the start. Within a source the order stays; one that goes back in time is due at once.
    """
    loop = asyncio.get_running_loop()
    started, first = loop.time(), None
    due: list[Each] = []
    async for each in _merged(sources):
        if each.time is not None:
            if first is None:
                first = each.time
            wait = started + (each.time - first) / 1_000 / speed - loop.time()
            if due and (wait > GATHER or len(due) >= MOST):
                yield due
                due = []
                wait = started + (each.time - first) / 1_000 / speed - loop.time()
            if wait > GATHER:
                await asyncio.sleep(wait)
        due.append(each)
    if due:
        yield due


async def _merged(sources: Sequence[AsyncIterator[list[Each]]]) -> AsyncIterator[Each]:
    streams = [_flat(source) for source in sources]
    heap: list[tuple[int, int, Each]] = []
    for index, stream in enumerate(streams):
        async for each in stream:
            heapq.heappush(heap, (each.time or 0, index, each))
            break
    while heap:
        _, index, each = heap[0]
        yield each
        following = await anext(streams[index], None)
        if following is None:
            heapq.heappop(heap)
        else:
            heapq.heapreplace(heap, (following.time or 0, index, following))


async def _flat(source: AsyncIterator[list[Each]]) -> AsyncIterator[Each]:
    async for several in source:
        for each in several:
            yield each
