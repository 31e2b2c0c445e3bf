"""What a post costs the worker as the work around it grows: rules, matched share, length of the stream, workers.

Processor time, which a busy machine blurs less than the clock; every run recounts equal, or gives no number.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil

from streams.embedded import Server
from streams.settings import Settings
from tests.benchmarks.stream.ours import client, done, prove
from tests.benchmarks.stream.race import Show, course
from tests.benchmarks.stream.watching import PATIENCE, POLL, BenchmarkError

#: Rules and the share of posts that is meant to match any, in the order of the two tables.
RULES = ((10, 0.05), (100, 0.05), (1_000, 0.05), (10_000, 0.05), (40_000, 0.05))
SHARES = ((10_000, 0.0), (10_000, 0.01), (10_000, 0.05), (10_000, 0.2))
#: Posts at the beginning and the end of a long stream over which its pace and memory are taken.
STRETCH = 500_000
WORKERS = (1, 2, 4)


@dataclass(frozen=True, slots=True)
class Grown:
    """One run: `events` is how many hold counts in Redis at its end."""

    rules: int
    matched: float
    events: int
    rate: float
    cpu_seconds_per_million: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Long:
    """A stream's beginning against its end: posts a second, and resident bytes when each stretch was done."""

    posts: int
    rates: tuple[float, float]
    resident: tuple[int, int]


async def measure(rules: int, share: float, posts: int, show: Show) -> Grown:
    """One worker over `posts` posts with so many rules."""
    async with course(posts, rules, share, show) as here:
        title = f"{here.rules:,} rules, {here.matched:.1%} matched"
        one = await here.ours.measure(posts, here.expected, lambda n: show(title, n, posts))
        return Grown(
            here.rules, here.matched, len(here.expected), one.rate, one.cpu_seconds_per_million, one.peak_bytes
        )


async def measure_length(posts: int, show: Show) -> Long:
    """One worker over one long stream."""
    if posts < 2 * STRETCH:
        raise BenchmarkError(f"a long stream is at least {2 * STRETCH:,} posts, found {posts:,}")
    async with course(posts, 10_000, 0.05, show) as here, here.ours.running() as (server, settings):
        seen = await _watch([server], settings, posts, lambda n: show("A long stream", n, posts))
        server.stop()
        await prove(settings, here.expected)
    begin, end = (
        [look for look in seen if look.done <= STRETCH],
        [look for look in seen if look.done >= posts - STRETCH],
    )
    return Long(posts, (_rate(begin), _rate(end)), (begin[-1].resident, end[-1].resident))


async def measure_workers(workers: int, posts: int, show: Show) -> float:
    """Posts a second of several workers in one group."""
    async with course(posts, 10_000, 0.05, show) as here, here.ours.group(workers) as (servers, settings):
        seen = await _watch(servers, settings, posts, lambda n: show(f"{workers} workers", n, posts))
        for server in servers:
            server.stop()
        await prove(settings, here.expected)
    return _rate(seen)


@dataclass(frozen=True, slots=True)
class Look:
    """How many posts were done at an instant, and the memory of all workers together."""

    done: int
    at: float
    resident: int


async def _watch(servers: Sequence[Server], settings: Settings, posts: int, show: Callable[[int], None]) -> list[Look]:
    """Look on from the first post done to the last."""
    processes = [psutil.Process(server.pid) for server in servers]
    seen: list[Look] = []
    async with client(settings) as redis:
        ask, moved = done(redis, settings), time.monotonic()
        while not seen or seen[-1].done < posts:
            count = await ask()
            if count > (seen[-1].done if seen else 0):
                resident = sum(process.memory_info().rss for process in processes)
                seen.append(Look(count, time.perf_counter(), resident))
                moved = time.monotonic()
                show(count)
            for server in servers:
                if not server.running or time.monotonic() - moved > PATIENCE:
                    raise BenchmarkError(f"{server.name} stopped at {count} of {posts} posts{server.last_words()}")
            await asyncio.sleep(POLL)
    return seen


def _rate(seen: Sequence[Look]) -> float:
    return (seen[-1].done - seen[0].done) / (seen[-1].at - seen[0].at)
