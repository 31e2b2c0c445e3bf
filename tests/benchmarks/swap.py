"""How long the loop of a worker stands still while rules are loaded and swapped in beside its matching.

The registry is the worker's own, fed with the records that it would read from Kafka; a task matches posts as the
pipeline does, and another one writes down how late the loop calls it.
"""

import asyncio
import gc
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

from aiokafka.structs import ConsumerRecord
from msgspec.structs import replace

from schemas import Post, TrackedEvent
from schemas.codec import decode_tracked_event, encode
from streams.settings import Settings
from streams.trends import Catalog
from streams.worker.metrics import Metrics
from streams.worker.pipeline import SLICE
from streams.worker.registry import Registry

ROUNDS = 3
TICK = 0.001
#: Records that Kafka's client hands over at once.
FETCH = 2_000


def measure(events: Sequence[TrackedEvent], posts: Sequence[Post], progress: Callable[[], None]) -> dict[str, float]:
    """Longest gap between two turns of the loop, in seconds, by what happens meanwhile; `progress`: `ROUNDS` times."""
    records = [_record(number, event) for number, event in enumerate(events)]
    gc.freeze()  # what this process holds besides is no worker's
    rounds = []
    for _ in range(ROUNDS):
        rounds.append(asyncio.run(_round(records, posts)))
        progress()
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


async def _round(records: Sequence[ConsumerRecord], posts: Sequence[Post]) -> dict[str, float]:
    registry = Registry(Settings(), cast(Catalog, None), Metrics())  # the catalog is for back-fills
    event = decode_tracked_event(cast(bytes, records[0].value))
    changed = _record(len(records), replace(event, revision="f" * 12, match="changed rule"))
    using = asyncio.create_task(_match(registry, posts))
    found = {
        "nothing": await _longest_gap(asyncio.sleep(1)),
        "loading_all": await _longest_gap(_apply(registry, records)),
        "applying_one": await _longest_gap(_apply(registry, [changed])),
    }
    using.cancel()
    return found


async def _apply(registry: Registry, records: Sequence[ConsumerRecord]) -> None:
    for start in range(0, len(records), FETCH):
        await registry.take(records[start : start + FETCH])
    await registry.rebuild(records[-1].offset + 1)


async def _match(registry: Registry, posts: Sequence[Post]) -> None:
    for start in itertools.cycle(range(0, len(posts), SLICE)):
        matcher = registry.rules.matcher
        for post in posts[start : start + SLICE]:
            matcher.match(post)
        await asyncio.sleep(0)


async def _longest_gap(work: Awaitable[None]) -> float:
    task = asyncio.ensure_future(work)
    longest, before = 0.0, time.perf_counter()
    while not task.done():
        await asyncio.sleep(TICK)
        now = time.perf_counter()
        longest, before = max(longest, now - before - TICK), now
    await task
    return longest


def _record(offset: int, event: TrackedEvent) -> ConsumerRecord:
    return ConsumerRecord("tracked-events", 0, offset, 0, 0, event.id.encode(), encode(event), None, 0, 0, ())
