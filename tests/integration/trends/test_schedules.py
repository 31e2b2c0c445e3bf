"""Whatever the order, the repetitions and the crashes: Redis ends as the plain model says.

Random schedules, as in a log with live workers that crash between index and ledger or between the ledger calls of two
events, zombies that go on, and a back-filler that evaluates one revision only, all driven through the real scripts.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from functools import partial

import pytest
from redis.asyncio import Redis

from streams.settings import Duration, Settings
from streams.trends import LAYOUT, WINDOWS, NotKept, Standing, Store, Windows, digest
from streams.trends.orders import ORDER_BYTES
from streams.trends.windows import Kind
from tests.integration.trends import model
from tests.integration.trends.contributions import contribution
from tests.integration.trends.steadily import steadily

LIVE, LATE = "first@111111111111", "second@222222222222"
KINDS: tuple[Kind, ...] = ("authors", "texts", "domains")
SCHEDULES, POSTS = 150, 12
HOUR = 3_600
BRIEF = 5_400
"""Seconds for which a third of the schedules keeps ledger and index."""


def clock() -> int:
    return int(time.time())


def log(rnd: random.Random, now: int, keep: int) -> list[Standing]:
    """Records of some posts in the order of their offsets: versions in disorder, ties, gaps, hours that change."""
    here = now // HOUR
    if keep == BRIEF:
        hours = [here, here, here - 1, here - 3]  # the last is frozen
    else:
        # This hour and the last; one whose ten seconds are gone; one whose minutes and people are; one that is frozen.
        hours = [here, here, here - 1, here - 1, here - 5, here - 30, here - 220]
    unordered = []
    for post in range(POSTS):
        home = rnd.choice(hours)
        ops = rnd.choice([["create"], ["create", "edit", "edit", "delete", "undelete"]])
        for number in range(rnd.randint(1, 5)):
            op = "create" if number == 0 else rnd.choice(ops)
            lowest = 0 if op == "create" or rnd.random() < 0.1 else 1
            version = 0 if op == "create" and rnd.random() < 0.8 else rnd.randint(lowest, 4)
            hour = home if rnd.random() < 0.7 else rnd.choice(hours)
            at = min(hour * HOUR + rnd.choice([0, 9, 10, 599, 600, 1_805, 3_599]), max(now, hour * HOUR))
            # Written to the log at any time that is still kept, so that entries move from period to period.
            stamp = now - rnd.randrange(keep - 300)
            matched = {} if op == "delete" else {tag: contribution(rnd) for tag in (LIVE, LATE) if rnd.random() < 0.6}
            unordered.append((number + rnd.random() * 3, post, version, at, stamp, op, matched))
    return [
        Standing(digest(f"x:{post}"), version, offset, 3, at, stamp, op != "create" or version > 0, hits)
        for offset, (_, post, version, at, stamp, op, hits) in enumerate(sorted(unordered, key=lambda each: each[:2]))
    ]


def evaluate(records: list[Standing], tags: frozenset[str]) -> list[Standing]:
    """The records as one sees them who evaluates only these revisions."""
    return [
        Standing(
            each.post, each.version, each.offset, each.partition, each.at, each.stamp, each.visible,
            {tag: hit for tag, hit in each.contributions.items() if tag in tags},
        )
        for each in records
    ]  # fmt: skip


class Schedule:
    """Who does what when. Each `await` of an actor's generator is one step; between steps anything may happen."""

    def __init__(self, rnd: random.Random, redis: Redis, settings: Settings, records: list[Standing]) -> None:
        self.rnd = rnd
        self.records = records
        self.store = Store(redis, settings)
        self.loaded = rnd.randint(0, len(records))  # offset from which live workers know the late revision
        self.committed = 0
        self.faults = 0

    async def live(self, start: int) -> AsyncIterator[None]:
        at = start
        while at < len(self.records):
            known = frozenset({LIVE, LATE}) if at >= self.loaded else frozenset({LIVE})
            limit = len(self.records) if at >= self.loaded else self.loaded
            end = min(at + self.rnd.randint(1, 8), limit)
            async for _ in self.run(self.records[at:end], known):
                yield
            at = end
            self.committed = max(self.committed, at)
            yield

    async def backfill(self) -> AsyncIterator[None]:
        end = min(len(self.records), self.loaded + self.rnd.choice([0, 0, 3]))
        for at in range(0, end, 6):
            async for _ in self.run(self.records[at : min(at + 6, end)], frozenset({LATE})):
                yield

    async def run(self, records: list[Standing], tags: frozenset[str]) -> AsyncIterator[None]:
        calls = await self.store.place(evaluate(records, tags), tags)
        yield
        for call in calls:
            outcome = await self.store.write([call])
            self.faults += len(outcome.faults)
            yield

    async def play(self) -> None:
        actors: list[tuple[str, AsyncIterator[None]]] = [("live", self.live(0)), ("backfill", self.backfill())]
        zombies = 0
        sloth = self.rnd.choice([0, 0.95])  # a back-fill that starts late meets what live workers wrote before it
        while actors:
            i = self.rnd.randrange(len(actors))
            name, steps = actors[i]
            if name == "backfill" and self.rnd.random() < sloth:
                continue
            if name == "live" and self.rnd.random() < 0.12:
                if self.rnd.random() < 0.6 and zombies < 2:
                    zombies += 1
                    actors[i] = ("zombie", steps)
                else:
                    del actors[i]
                actors.append(("live", self.live(self.committed)))
                continue
            try:
                await anext(steps)
            except StopAsyncIteration:
                del actors[i]


async def found(redis: Redis, stem: str) -> dict[str, dict[bytes, bytes]]:
    """Every key that begins with the stem: its rest -> fields (of a sorted set: scores), each with an expiry."""
    names = sorted([name async for name in redis.scan_iter(match=stem.replace("{", "\\{") + "*", count=10_000)])
    async with redis.pipeline(transaction=False) as pipeline:
        for name in names:
            short = name.decode().removeprefix(stem)
            pipeline.ttl(name)
            if short in ("authors", "texts", "domains"):
                pipeline.zrange(name, 0, -1, withscores=True)
            else:
                pipeline.hgetall(name)
        answers = await pipeline.execute()
    keys = {}
    for i, name in enumerate(names):
        assert answers[2 * i] > 0, f"{name!r} never expires"
        keys[name.decode().removeprefix(stem)] = dict(answers[2 * i + 1])
    return keys


async def check(redis: Redis, settings: Settings, records: list[Standing], tag: str, now: int) -> None:
    want = model.expected(records, tag, settings.keep, now)
    keys = await found(redis, f"{settings.prefix}:{LAYOUT}:{{{tag}}}:")
    keys.pop("changes", None)
    ledger = {name: fields for name, fields in keys.items() if name.startswith("ledger:")}
    cells = {
        name: {post: cell for post, cell in fields.items() if len(cell) > ORDER_BYTES}
        for name, fields in ledger.items()
    }
    assert {name: fields for name, fields in cells.items() if fields} == want.cells
    people = {
        name: {v: int(n) for v, n in keys.pop(name).items()} for name in ("authors", "texts", "domains") if name in keys
    }
    assert people == want.people
    counts = {name: {f: int(n) for f, n in fields.items()} for name, fields in keys.items() if name not in ledger}
    assert counts == want.counts


async def check_windows(redis: Redis, settings: Settings, records: list[Standing], tag: str, now: int) -> None:
    want = model.expected(records, tag, settings.keep, now)
    windows = Windows(redis, settings)
    for at in (now, now - 1_801, now - HOUR - now % HOUR - 1, now - 6 * HOUR):
        read, kept_at = await steadily(partial(windows.many, [tag], list(WINDOWS), at))
        for name, counts in read[tag].items():
            assert counts == model.window(want.standing, WINDOWS[name], at, kept_at), (name, at)
        for name in ("1h", "24h"):
            last = at // 600
            first = (at - WINDOWS[name]) // 600 + 1
            seen: dict[str, set[bytes]] = {"authors": set(), "texts": set(), "domains": set()}
            for standing, hit in want.standing:
                if first <= standing.at // 600 and (at == now or standing.at // 600 <= last):
                    for kind, values in model.people_of(hit).items():
                        seen[kind].update(values)
            for kind in KINDS:
                if (first // 6 + 1) * HOUR + model.KEEP_PEOPLE <= now:
                    with pytest.raises(NotKept):
                        await windows.distinct(tag, kind, name, at)
                else:
                    assert await windows.distinct(tag, kind, name, at) == len(seen[kind]), (kind, name, at)


async def play(redis: Redis, settings: Settings, seed: int) -> None:
    """One schedule under keys of its own, checked and removed."""
    brief = seed % 3 == 0
    own = Settings(
        prefix=f"{settings.prefix}{seed}",
        lateness=Duration(BRIEF // 2) if brief else settings.lateness,
        retention=Duration(BRIEF // 2) if brief else settings.retention,
    )
    records = log(random.Random(seed), clock(), own.keep)
    schedule = Schedule(random.Random(seed), redis, own, records)
    await schedule.play()
    assert schedule.faults == 0
    for tag in (LIVE, LATE):
        await check(redis, own, records, tag, clock())
        if seed % 10 == 0:
            await check_windows(redis, own, records, tag, clock())
    await redis.unlink(*[name async for name in redis.scan_iter(match=f"{own.prefix}:*", count=10_000)])


async def test_every_schedule_comes_to_what_the_highest_records_say(redis: Redis, settings: Settings) -> None:
    seeds = iter(range(SCHEDULES))

    async def some() -> None:
        for seed in seeds:
            try:
                await play(redis, settings, seed)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}: {error}") from error

    # Side by side, so that one waits for Redis while another works.
    await asyncio.gather(*[some() for _ in range(8)])
