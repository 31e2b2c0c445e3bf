"""Measures a scrape of many events on a Redis of its own: seconds, processor time of Redis, size of the answer.

`python -m tests.integration.trends.measure_scrape [EVENTS] [MATCHES AN HOUR]`: a day of matches, laid over the
events by Zipf's law; then the first look, as `serve` takes it when it starts, and a scrape every 15 seconds while
matches go on at the same rate.
"""

import asyncio
import random
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from schemas import TrackedEvent
from streams import embedded
from streams.connections import RedisLink
from streams.settings import Settings
from streams.trends import Catalog, Standing, Store, Windows, digest
from streams.trends.drivers import Drivers
from streams.web.readings import Reader
from streams.web.scrapes import Scrapes
from streams.web.voices import VoiceCounts
from tests.integration.trends.measure import contribution

SETTINGS = Settings(prefix="tocsin", max_series=1_000_000)
INTERVAL, SCRAPES, HOURS = 15, 8, 25


def event(number: int) -> TrackedEvent:
    return TrackedEvent(
        id=f"event-{number}", title="T", revision="0123456789ab", applied_at=datetime(2025, 3, 14, tzinfo=UTC),
        engine=1, match="kursk", claims={"encirclement-denied": "no"}, groups={"state-media": "x"},
    )  # fmt: skip


def drawn(rnd: random.Random, events: int, matches: int) -> list[int]:
    """The events that as many matches fall to, in order."""
    return sorted(rnd.choices(range(events), [1 / (rank + 1) for rank in range(events)], k=matches))


async def feed(store: Store, rnd: random.Random, events: int, matches: int, at: int, span: int, first: int) -> None:
    """Apply so many matches of the `span` seconds before `at`."""
    evaluated = frozenset(event(number).tag for number in range(events))
    hit = drawn(rnd, events, matches)
    batch = [
        Standing(
            digest(f"x:{first + i}"), 0, first + i, 3, at - rnd.randrange(span), at, False,
            {event(number).tag: contribution(rnd)},
        )
        for i, number in enumerate(hit)
    ]  # fmt: skip
    for start in range(0, len(batch), 1_000):
        await store.apply(batch[start : start + 1_000], evaluated)


async def fill(redis: Redis, events: int, an_hour: int) -> None:
    """Track the events and give each its day."""
    catalog, store, rnd = Catalog(redis, SETTINGS), Store(redis, SETTINGS), random.Random(7)
    for number in range(events):
        await catalog.take_over(event(number), number)
    now = int(time.time())
    for hour in range(HOURS):
        await feed(store, rnd, events, an_hour, now - 3_600 * hour, 3_600, hour * an_hour)


async def main_thread(redis: Redis) -> float:
    """Seconds of processor time that Redis' one thread has had."""
    cpu: Any = await redis.info("cpu")
    return float(cpu["used_cpu_user_main_thread"] + cpu["used_cpu_sys_main_thread"])


async def scrape(redis: Redis, events: int, an_hour: int) -> None:
    """A scrape every `INTERVAL` seconds, and between two of them the matches of that time."""
    store, rnd = Store(redis, SETTINGS), random.Random(8)
    host = redis.connection_pool.connection_kwargs
    link = RedisLink(replace(SETTINGS, redis=f"redis://{embedded.HOST}:{host['port']}"))
    catalog = Catalog(link.client, SETTINGS)
    voices = VoiceCounts(catalog, Windows(link.client, SETTINGS), Drivers(link.client, SETTINGS))
    scrapes = Scrapes(Reader(link, catalog, voices, SETTINGS), SETTINGS.max_series)
    first = HOURS * an_hour
    for number in range(SCRAPES + 1):
        cpu, own, began = await main_thread(redis), time.process_time(), time.perf_counter()
        if number == 0:
            body = b""
            await scrapes.begin()
        else:
            body = await scrapes.text(openmetrics=False)
        ended, own = time.perf_counter(), time.process_time() - own
        cost = await main_thread(redis) - cpu
        print(
            f"{f'scrape {number}' if number else 'first look'}: {ended - began:.2f} s; processor: {own:.2f} s of ours, "
            f"{cost:.2f} s of Redis "
            f"({100 * cost / INTERVAL:.1f} % of a core); {len(body) / 1e6:.1f} MB, {body.count(b'{')} series"
        )
        if number == SCRAPES:
            break
        matches = an_hour * INTERVAL // 3_600
        await feed(store, rnd, events, matches, int(time.time()), INTERVAL, first)
        first += matches
        await asyncio.sleep(max(0.0, INTERVAL - (time.perf_counter() - began)))
    await link.close()


async def main(events: int, an_hour: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = embedded.redis_server(Path(folder), "--appendonly", "no")
        server.start()
        try:
            async with Redis(host=embedded.HOST, port=server.port) as redis:
                await fill(redis, events, an_hour)
                await scrape(redis, events, an_hour)
        finally:
            server.stop()


if __name__ == "__main__":
    asyncio.run(main(*(int(each) for each in (sys.argv[1:] + ["10000", "100000"][len(sys.argv) - 1 :]))))
