"""How long a round of evaluating takes: `python -m tests.benchmarks.alerts [EVENTS]`, on Kafka and Redis of its own.

Every event has two conditions and posts in the last hour. Rounds: all events judged (as after a start), all of them
changed, one in fifty changed, none changed.
"""

import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from schemas import AlertRule, TrackedEvent
from streams.alerts.recorded import recorded
from streams.trends import Contribution, Standing, digest
from tests import brokers
from tests.integration.alerts.bench import Bench, event
from tests.integration.system import System

ALERTS = (
    AlertRule("swells", "count >= 5000 and rate > 3", window="1h"),
    AlertRule("denied", "share(claim:denied) > 0.9 and count >= 1000", window="5m"),
)
POSTS = 10


async def main(n: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "kafka").mkdir()
        kafka, redis = brokers.embedded_kafka(Path(folder) / "kafka"), brokers.redis(Path(folder))
        kafka.start()
        redis.start()
        try:
            async with Bench(System(kafka, redis, "bench-", Path(folder))) as bench:
                await _measure(bench, n)
        finally:
            kafka.stop()
            redis.stop()


async def _measure(bench: Bench, n: int) -> None:
    events = [event(*ALERTS, id=f"event-{i}") for i in range(n)]
    for i, each in enumerate(events):
        await bench.catalog.take_over(each, i + 1)
        bench.tracked.add(each.id)
    await _posts(bench, events, POSTS)
    one = bench.evaluation()
    async with recorded(bench.system.settings) as topic:
        for what, changed in (("first", 0), ("all changed", n), ("one in fifty changed", n // 50), ("none changed", 0)):
            await _posts(bench, events[:changed], 1)
            gaps: list[float] = []
            watch = asyncio.create_task(_watch(gaps))
            before = (await bench.link.client.info("cpu"))["used_cpu_user"]
            began, cpu = time.perf_counter(), time.process_time()
            await one.round_with(topic, int(time.time()) + (4_000 if what == "none changed" else 0))
            took, cpu = time.perf_counter() - began, time.process_time() - cpu
            watch.cancel()
            redis = (await bench.link.client.info("cpu"))["used_cpu_user"] - before
            print(
                f"{n} events, {what}: {took:.2f} s, of it {cpu:.2f} s here and {redis:.2f} s in Redis; "
                f"the loop stood {max(gaps) * 1e3:.0f} ms"
            )


async def _watch(gaps: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        gaps.append(time.perf_counter() - began)


async def _posts(bench: Bench, events: list[TrackedEvent], n: int) -> None:
    now, rnd = int(time.time()), random.Random(1)
    for start in range(0, len(events), 100):
        standings = [
            Standing(post, 0, i, 1, now - rnd.randrange(3_600), now, False, {each.tag: _adds(rnd)})
            for each in events[start : start + 100]
            for i in range(n)
            for post in [digest(f"{each.id}:{rnd.random()}")]
        ]
        await bench.store.apply(standings, {each.tag for each in events})


def _adds(rnd: random.Random) -> Contribution:
    claims = ("denied",) if rnd.random() < 0.3 else ()
    return Contribution(
        "x", "post", "en", ("officials",), claims, f"x:{rnd.randrange(99)}", digest(str(rnd.random())), ()
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
