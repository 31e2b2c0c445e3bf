"""Measures a round of judging on a Redis of its own: seconds, processor, the longest that the loop stood still.

`python -m tests.integration.trends.measure_judging [EVENTS]`

Two thirds of the events bring something now and then, one in a hundred much, one in a thousand surges. Counts are
written as the ledger leaves them, hours of 28 days and minutes of 25 hours.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from schemas import TrackedEvent
from streams import embedded
from streams.connections.packing import pack_in_c
from streams.settings import Settings
from streams.trends.judgements import Judgements
from streams.trends.judging import Judge
from streams.trends.keys import Keys
from streams.trends.sight import Sight

SETTINGS = Settings()
#: Seconds between two looks at how long the loop stood still.
TICK = 0.001


async def fill(redis: Redis, events: list[TrackedEvent], now: int) -> None:
    """Past hours and minutes of every event."""
    rnd, keys = random.Random(1), Keys(SETTINGS.prefix)
    minute = now // 60
    for number, event in enumerate(events):
        rate = 0.0 if number % 3 == 0 else 30.0 if number % 100 == 1 else 0.2  # posts an hour
        pipeline = redis.pipeline(transaction=False)
        for day in range(now // 86_400 - 28, now // 86_400 + 1):
            counts = {hour: round(rate * rnd.gammavariate(2, 0.5)) for hour in range(24)}
            _add(pipeline, keys.event(event.tag, f"1h:{day}"), counts)
        surges = number % 1_000 == 1
        for hour in range(now // 3_600 - 25, now // 3_600 + 1):
            counts = {
                at: round(rate * rnd.gammavariate(2, 0.5) / 60) + 20 * (surges and hour * 60 + at > minute - 90)
                for at in range(60)
            }
            _add(pipeline, keys.event(event.tag, f"1m:{hour}"), counts)
        await pipeline.execute()


def _add(pipeline: Any, key: str, counts: Mapping[int, int]) -> None:
    names = ("all", "platform:x", "kind:post", "lang:en")
    fields = {f"{bucket}|{name}": count for bucket, count in counts.items() if count for name in names}
    if fields:
        pipeline.hset(key, mapping=fields)


async def watch(stalls: list[tuple[float, float]]) -> None:
    """Note by how much the loop came late, and for how much of it this process, not another, had the processor."""
    while True:
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.sleep(TICK)
        stalls.append((time.perf_counter() - began - TICK, time.process_time() - cpu))


async def spent(redis: Redis) -> float:
    """Seconds of processor that Redis took so far."""
    found = await redis.info("cpu")
    return float(found["used_cpu_user"] + found["used_cpu_sys"])


async def measure(redis: Redis, n: int) -> None:
    now = int(time.time())
    applied = datetime.now(UTC) - timedelta(days=28)
    events = [
        TrackedEvent(id=f"event-{i}", title="T", revision="1" * 12, applied_at=applied, engine=1, match="m")
        for i in range(n)
    ]
    await fill(redis, events, now)
    judgements = Judgements(redis, SETTINGS)
    sight = Sight(now - 28 * 86_400, ())
    minute = now // 60 * 60
    stalls: list[tuple[float, float]] = []
    watching = asyncio.create_task(watch(stalls))
    first, second = Judge(redis, SETTINGS), Judge(redis, SETTINGS)
    for what, judge in (
        ("first round of the first leader", first), ("next", first), ("first round of another leader", second),
        ("next", second),
    ):  # fmt: skip
        stalls.clear()
        inside = await spent(redis)
        began, cpu = time.perf_counter(), time.process_time()
        found = await judge.judge(events, minute, sight)
        await judgements.write(found)
        await judge.prepare(events, minute // 3_600 + 1, sight, -(-n // 45))
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        inside = await spent(redis) - inside
        surges = sum(each.detected_at is not None for each in found.values())
        print(
            f"{n:,} events, {what}: {seconds:.2f} s ({cpu:.2f} s of processor, {inside:.2f} s in Redis), "
            f"{len(found):,} judged, {surges} surges, "
            f"loop held up for {max(stalls)[0] * 1e3:.0f} ms at most, by us {max(by for _, by in stalls) * 1e3:.0f} ms"
        )
    watching.cancel()


async def main(n: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = embedded.redis_server(Path(folder), "--save", "")
        server.start()
        try:
            async with Redis.from_url(f"redis://{server.address}/0") as redis:
                pack_in_c(redis)  # as the worker's client does
                await measure(redis, n)
        finally:
            server.stop()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
