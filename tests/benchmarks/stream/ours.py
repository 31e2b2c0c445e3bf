"""Ours: the real worker, with its index, ledger and `matches`, and the proof that it counted.

The events are applied while the topic is empty and a worker lets them serve; what that leaves in Redis is kept aside.
So every run begins with its rules in force and nothing counted, and no back-fill reads a post a second time.
"""

import asyncio
import re
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from redis.asyncio import Redis

from schemas import TrackedEvent
from schemas.codec import encode
from streams.embedded import Server, free_port
from streams.ingest.producing import Outgoing
from streams.scans.recount import recount
from streams.settings import Settings
from streams.topics import POSTS, TRACKED_EVENTS
from streams.trends import Applied, Catalog
from streams.trends.keys import Keys
from tests.benchmarks.stream.posts import send
from tests.benchmarks.stream.watching import BenchmarkError, Measured, watch
from tests.brokers import ROOT

#: The Redis database where the catalog is kept between runs.
ASIDE = 1
#: The catalog's keys: that the events serve stands there.
CATALOG = ("serving", "pending", "definitions", "retired", "version")
#: Seconds for all events to serve.
SERVING_LIMIT = 300.0
#: Events that are recounted cell by cell: those with most posts, and as many drawn evenly from the others. Of every
#: event the number of posts is compared.
RECOUNTED = 100


class Ours:
    """Runs workers in the environment `variables`, one at a time, each run as a group of its own."""

    def __init__(self, variables: Mapping[str, str], folder: Path) -> None:
        self._variables = dict(variables)
        self._folder = folder
        self._runs = 0

    async def apply(self, events: Sequence[TrackedEvent], applied: Callable[[int], None]) -> None:
        """Let the events serve; `applied` hears how many do. The topic `posts` has to be empty."""
        settings = Settings.from_environment(self._variables)
        now = int(time.time() * 1_000)
        topic = settings.topic(TRACKED_EVENTS)
        await send(settings, (Outgoing(topic, e.id.encode(), encode(e), now) for e in events), lambda _: None)
        async with client(settings) as redis:
            with self._worker("applying", "applying") as server:
                await self._wait_until_all_serve(server, Catalog(redis, settings), len(events), applied)
                server.stop()
            for name in CATALOG:
                await redis.move(Keys(settings.prefix).catalog(name), ASIDE)

    async def _wait_until_all_serve(
        self, server: Server, catalog: Catalog, events: int, applied: Callable[[int], None]
    ) -> None:
        deadline = time.monotonic() + SERVING_LIMIT
        while (serving := len(await catalog.serving())) < events:
            applied(serving)
            if not server.running or time.monotonic() > deadline:
                raise BenchmarkError(f"{serving} of {events} events serve{server.last_words()}")
            await asyncio.sleep(0.5)

    async def measure(self, posts: int, expected: Mapping[str, int], show: Callable[[int], None]) -> Measured:
        """Let a worker do all posts. Raises `BenchmarkError` where what it counted isn't what the log says."""
        async with self.running() as (server, settings):
            async with client(settings) as redis:
                measured = await watch(server, done(redis, settings), posts, show)
            server.stop()  # which commits: the recount waits for that
            await prove(settings, expected)
        return measured

    @asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[Server, Settings]]:
        """A worker just launched, which finds its events in force and nothing counted; and its settings."""
        async with self.group(1) as ((server,), settings):
            yield server, settings

    @asynccontextmanager
    async def group(self, workers: int) -> AsyncIterator[tuple[list[Server], Settings]]:
        """Several such workers in one group."""
        self._runs += 1
        name = f"ours-{self._runs}"
        settings = Settings.from_environment(self._variables | {"TOCSIN_GROUP": name})
        async with client(settings) as redis:
            await redis.flushdb()
            await redis.select(ASIDE)
            for part in CATALOG:
                key = Keys(settings.prefix).catalog(part)
                await redis.copy(key, key, destination_db="0")
        with ExitStack() as stack:
            yield [stack.enter_context(self._worker(name, f"{name}-{n}")) for n in range(workers)], settings

    @contextmanager
    def _worker(self, group: str, name: str) -> Iterator[Server]:
        port = free_port()
        command = [sys.executable, "-m", "streams", "worker"]
        own = {"TOCSIN_GROUP": group, "TOCSIN_WORKER_PORT": str(port), "PYTHONPATH": str(ROOT)}
        server = Server("the worker", command, self._folder / name, port, lambda _: True, self._variables | own)
        server.launch()
        try:
            yield server
        finally:
            server.kill()


@asynccontextmanager
async def client(settings: Settings) -> "AsyncIterator[Redis]":
    """A client of one connection, so that it can change its database."""
    redis = Redis.from_url(settings.redis, single_connection_client=True)
    try:
        yield redis
    finally:
        await redis.aclose()


def done(redis: Redis, settings: Settings) -> Callable[[], Awaitable[int]]:
    """How many posts are counted: the worker writes each partition's place into Redis behind the counts."""
    applied, partitions = Applied(redis, settings), [(settings.topic(POSTS), n) for n in range(settings.partitions)]

    async def ask() -> int:
        return sum(offset or 0 for offset in (await applied.read(partitions)).values())

    return ask


async def prove(settings: Settings, expected: Mapping[str, int]) -> None:
    """Hold what was counted against the log: every event's posts, and the cells and counters of many events.

    Raises `BenchmarkError` where anything differs or nothing was counted.
    """
    if not expected:
        raise BenchmarkError("no post matches any event, so nothing is proved: measure more of them (--posts)")
    async with client(settings) as redis:
        counted = await _posts_of_events(redis, settings)
    wrong = {name: (n, counted[name]) for name, n in expected.items() if counted[name] != n}
    wrong |= {name: (0, n) for name, n in counted.items() if name not in expected}
    if wrong:
        name, (right, found) = next(iter(wrong.items()))
        raise BenchmarkError(f"the ledger is wrong on {len(wrong)} events; {name}: {found} posts, the log says {right}")
    by_posts = sorted(expected, key=lambda name: -expected[name])
    others = by_posts[RECOUNTED:]
    names = by_posts[:RECOUNTED] + others[:: max(1, len(others) // RECOUNTED)]
    for report in await recount(settings, names, patience=60):
        if not report.equal:
            raise BenchmarkError(f"{report.event.id} does not recount equal: {report.differences[0]}")


async def _posts_of_events(redis: Redis, settings: Settings) -> Counter[str]:
    """How many posts stand in the ledger, by event id."""
    found: Counter[str] = Counter()
    pattern = Keys(settings.prefix).event("*", "ledger:*").replace("{", "[{]").replace("}", "[}]")
    keys = [key async for key in redis.scan_iter(match=pattern, count=5_000)]
    for start in range(0, len(keys), 5_000):
        portion = keys[start : start + 5_000]
        async with redis.pipeline(transaction=False) as pipeline:
            for key in portion:
                pipeline.hlen(key)
            for key, n in zip(portion, await pipeline.execute(), strict=True):
                named = re.search(rb"\{(.+)@", key)
                assert named, key
                found[named[1].decode()] += n
    return found
