"""Runs a contestant's process and measures it from outside, every contestant alike: pace, processor time, memory.

The steady part alone is timed: from the first post done that is seen to the last one.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import psutil

from streams.embedded import Server
from streams.errors import UserError

#: Seconds between two looks.
POLL = 0.01
#: Seconds without a further post done after which a run has failed.
PATIENCE = 120.0


class BenchmarkError(UserError):
    """A run that gives no number; the message is one line."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: posts a second of wall time, processor seconds per million posts, largest resident memory in bytes."""

    rate: float
    cpu_seconds_per_million: float
    peak_bytes: int


async def watch(
    server: Server, done: Callable[[], Awaitable[int]], posts: int, show: Callable[[int], None]
) -> Measured:
    """Measure a launched process until it has done all `posts`; `show` hears how many it has.

    Raises `BenchmarkError` where it ends before, stands still, or is so quick that nothing was seen between.
    """
    process = psutil.Process(server.pid)
    first: tuple[int, float, float] | None = None
    before, moved, peak = 0, time.monotonic(), 0
    while True:
        if not server.running:
            raise BenchmarkError(f"{server.name} ended{server.last_words()}")
        peak = max(peak, process.memory_info().rss)
        count, now, used = await done(), time.perf_counter(), process.cpu_times()
        spent = used.user + used.system
        if count and first is None:
            first = (count, now, spent)
        if count >= posts:
            break
        if count > before:
            before, moved = count, time.monotonic()
            show(count)
        elif time.monotonic() - moved > PATIENCE:
            raise BenchmarkError(f"{server.name} stands still at {count} of {posts} posts{server.last_words()}")
        await asyncio.sleep(POLL)
    show(posts)
    assert first is not None
    began, since, spent_before = first
    if count == began:
        raise BenchmarkError(f"{server.name} did {posts} posts between two looks: measure more of them (--posts)")
    counted = count - began
    return Measured(counted / (now - since), (spent - spent_before) / counted * 1e6, peak)
