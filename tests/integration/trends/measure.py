"""Measures the ledger on a Redis of its own: matches a second, time in scripts, bytes a match, time of a scrape.

`python -m tests.integration.trends.measure [REDIS-SERVER]`
"""

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from streams import embedded
from streams.settings import Settings
from streams.trends import Contribution, Standing, Store, Windows, digest

SETTINGS = Settings(prefix="tocsin")
TAG = "kursk-surrender-offer@0123456789ab"


def contribution(rnd: random.Random) -> Contribution:
    return Contribution(
        platform=rnd.choice(["x", "telegram", "facebook", "bluesky"]),
        kind=rnd.choice(["post", "post", "repost", "reply"]),
        lang=rnd.choice(["en", "ru", "uk"]),
        groups=rnd.choice([("other",), ("other",), ("state-media",)]),
        claims=rnd.choice([(), (), ("encirclement-denied",)]),
        author=f"x:{rnd.randrange(10**9)}",
        fingerprint=rnd.randbytes(16),
        domains=("example.org",) if rnd.random() < 0.3 else (),
    )


def records(n: int, at: int, span: int, *, start: int = 0, tags: int = 1) -> list[Standing]:
    rnd = random.Random(start)
    names = [TAG] if tags == 1 else [f"event-{i}@0123456789ab" for i in range(tags)]
    return [
        Standing(
            digest(f"x:{start + i}"), 0, start + i, 3, at + i * span // n, at, False,
            {names[i % tags]: contribution(rnd)},
        )
        for i in range(n)
    ]  # fmt: skip


async def calibrate(redis: Redis) -> None:
    """What one command in a script costs on this machine just now, to read the other numbers by."""
    n = 200_000
    began = time.perf_counter()
    await redis.eval(f"for i = 1, {n} do redis.call('HSET', 'calibration', i % 100, i) end", 0)
    print(f"one HSET in a script: {(time.perf_counter() - began) / n * 1e6:.2f} us")


async def speed(redis: Redis, batch: int, tags: int = 1) -> None:
    store = Store(redis, SETTINGS)
    evaluated = frozenset({TAG, *(f"event-{i}@0123456789ab" for i in range(tags))})
    await redis.flushall()
    now = int(time.time())
    runs = [
        records(batch, now - 60 * (1 + i % 50), 60, start=i * batch, tags=tags) for i in range(max(2, 40_000 // batch))
    ]
    for name in ("new", "read again"):
        await redis.config_resetstat()
        began = time.perf_counter()
        for run in runs:
            await store.apply(run, evaluated)
        seconds = time.perf_counter() - began
        stats: Any = await redis.info("commandstats")
        inside = sum(stats.get(f"cmdstat_{c}", {"usec": 0})["usec"] for c in ("evalsha", "eval")) / 1e6
        n = len(runs) * batch
        print(
            f"batch {batch:5d}, {tags:3d} events, {name:10s}: {n / seconds:9,.0f} matches/s, "
            f"{n / inside:9,.0f} of Redis' own time"
        )


async def ledger_only(redis: Redis, batch: int) -> None:
    store = Store(redis, SETTINGS)
    await redis.flushall()
    now = int(time.time())
    runs = [records(batch, now - 60 * (1 + i % 50), 60, start=i * batch) for i in range(40_000 // batch)]
    plans = [await store.place(run, frozenset({TAG})) for run in runs]
    await redis.config_resetstat()
    for plan in plans:
        await store.write(plan)
    stats: Any = await redis.info("commandstats")
    print(f"batch {batch:5d}, ledger script alone: {40_000 / (stats['cmdstat_evalsha']['usec'] / 1e6):9,.0f} matches/s")


async def memory(redis: Redis, an_hour: int, hours: int) -> None:
    store = Store(redis, SETTINGS)
    await redis.flushall()
    empty = (await redis.info("memory"))["used_memory"]
    now = int(time.time())
    n = 0
    for hour in range(hours):
        at = now - now % 3_600 - 3_600 * (hour + 1)
        run = records(an_hour, at, 3_600, start=n)
        for i in range(0, len(run), 1_000):
            await store.apply(run[i : i + 1_000], frozenset({TAG}))
        n += an_hour
    used = (await redis.info("memory"))["used_memory"] - empty
    parts: Counter[str] = Counter()
    async for name in redis.scan_iter(count=10_000):
        part = name.decode().split("}:")[1].split(":")[0] if b"{i:" not in name else "index"
        parts[part] += await redis.memory_usage(name, samples=0) or 0
    each = ", ".join(f"{part} {size / n:.0f}" for part, size in sorted(parts.items(), key=lambda p: -p[1]))
    print(f"{an_hour:6d} matches/h over {hours} h: {used / n:5.0f} bytes a match ({each})")


async def scrape(redis: Redis) -> None:
    """After `memory`: one event with a day of 20,000 matches an hour."""
    windows = Windows(redis, SETTINGS)
    for what in ("counts", "distinct"):
        began = time.perf_counter()
        for _ in range(20):
            if what == "counts":
                await windows.many([TAG])
            else:
                await windows.distinct_now([TAG], ["authors", "texts"], ["1h", "24h"])
        print(f"{what} of one busy event: {(time.perf_counter() - began) / 20 * 1e3:.2f} ms")


async def main(program: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        port = embedded.free_port()
        command = [program, "--bind", embedded.HOST, "--port", str(port), "--dir", folder, "--save", ""]
        server = embedded.Server(program, command, Path(folder), port, embedded.redis_answers)
        server.start()
        try:
            async with Redis(host=embedded.HOST, port=port) as redis:
                print("redis-server", (await redis.info("server"))["redis_version"])
                await calibrate(redis)
                for batch in (1, 100, 1_000):
                    await speed(redis, batch)
                await speed(redis, 1_000, tags=50)
                for batch in (1, 100, 500):
                    await ledger_only(redis, batch)
                await memory(redis, 100, 216)
                await memory(redis, 20_000, 27)
                await scrape(redis)
        finally:
            server.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "redis-server"))
