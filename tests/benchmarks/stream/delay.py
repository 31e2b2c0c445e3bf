"""How late a count is: from a post's Kafka timestamp to its count being readable, while posts come at a set pace.

A worker first does what the topic holds; then posts written now are sent, and every few milliseconds is noted how far
the worker's places in Redis are, which it writes behind the counts.
"""

import asyncio
import itertools
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aiokafka import TopicPartition

from streams.connections import reader
from streams.ingest.producing import Sender
from streams.settings import Settings
from streams.topics import POSTS
from streams.trends import Applied
from tests.benchmarks.stream.ours import Ours, client, done
from tests.benchmarks.stream.posts import Source, outgoing
from tests.benchmarks.stream.watching import BenchmarkError, watch

#: Seconds for which posts come, and those at their beginning that are not measured.
SECONDS, WARM = 30.0, 5.0
#: Seconds between two batches of posts, and between two looks.
TICK, LOOK = 0.01, 0.005
#: Seconds that the last posts may take.
LAST = 60.0
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(slots=True)
class Seen:
    """When one partition was first seen at which offset, both rising."""

    offsets: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def add(self, offset: int, now: float) -> None:
        """Note a look."""
        if not self.offsets or offset > self.offsets[-1]:
            self.offsets.append(offset)
            self.times.append(now)

    def when(self, offset: int) -> float:
        """When the record at this offset was first seen counted."""
        return self.times[bisect_right(self.offsets, offset)]


async def measure(
    ours: Ours, sources: Sequence[Source], posts: int, rate: float, show: Callable[[int, int], None]
) -> dict[str, float]:
    """Seconds by quantile, at `rate` posts a second on top of the `posts` that the topic holds."""
    async with ours.running() as (server, settings), client(settings) as redis:
        await watch(server, done(redis, settings), posts, lambda n: show(n, posts))
        partitions = [TopicPartition(settings.topic(POSTS), n) for n in range(settings.partitions)]
        async with reader(settings) as consumer:
            starts = await consumer.end_offsets(partitions)
        seen = {tp: Seen() for tp in partitions}
        applied = Applied(redis, settings)

        async def look() -> int:
            found, now = await applied.read(partitions), time.time()
            for tp, offset in found.items():
                seen[TopicPartition(*tp)].add(offset or 0, now)
            return sum(offset or 0 for offset in found.values())

        sending = asyncio.create_task(_send(settings, sources, rate))
        while not sending.done():
            show(await look() - posts, round(rate * SECONDS))
            await asyncio.sleep(LOOK)
        sent = await sending
        deadline = time.monotonic() + LAST
        while await look() < posts + sent:
            if time.monotonic() > deadline:
                raise BenchmarkError(f"the worker did not keep up with {rate:.0f} posts/s{server.last_words()}")
            await asyncio.sleep(LOOK)
        delays = sorted(await _delays(settings, starts, seen, sent))
    return {name: delays[int(share * len(delays))] for name, share in QUANTILES.items()}


async def _send(settings: Settings, sources: Sequence[Source], rate: float) -> int:
    """Send posts written now, evenly; how many."""
    topic = settings.topic(POSTS)
    upcoming = zip(itertools.cycle(sources), itertools.count(), strict=False)
    sender = Sender(settings)
    await sender.start()
    try:
        started, sent = time.monotonic(), 0
        confirmed: asyncio.Future[list[object]] | None = None
        while (passed := time.monotonic() - started) < SECONDS:
            due, now = int(passed * rate) - sent, int(time.time() * 1_000)
            if due:
                batch = [
                    outgoing(source, -number - 1, now, topic) for source, number in itertools.islice(upcoming, due)
                ]
                confirmed = await sender.send(batch)
                sent += due
            await asyncio.sleep(TICK)
        if confirmed is not None:
            await confirmed
        return sent
    finally:
        await sender.stop()


async def _delays(
    settings: Settings, starts: dict[TopicPartition, int], seen: dict[TopicPartition, Seen], sent: int
) -> list[float]:
    """Of every post sent after the first few seconds."""
    delays: list[tuple[float, float]] = []
    async with reader(settings, max_poll_records=10_000) as consumer:
        consumer.assign(list(starts))
        for tp, start in starts.items():
            consumer.seek(tp, start)
        while len(delays) < sent:
            for tp, records in (await consumer.getmany(timeout_ms=1_000)).items():
                for record in records:
                    stamp = record.timestamp / 1_000
                    delays.append((stamp, seen[tp].when(record.offset) - stamp))
    first = min(stamp for stamp, _ in delays) + WARM
    return [late for stamp, late in delays if stamp >= first]
