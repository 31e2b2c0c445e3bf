"""What the store promises, one promise a test."""

import time
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from streams.settings import Duration, Settings
from streams.trends import LAYOUT, Contribution, Standing, Store, Windows, digest, unpack_cell

TAG, OTHER = "event@111111111111", "other@222222222222"
HOUR = 3_600


def hit(author: str = "x:ann", **changes: Any) -> Contribution:
    shape: dict[str, Any] = {"platform": "x", "kind": "post", "lang": "en", "groups": ("other",), "claims": ("denied",)}
    return Contribution(
        **{**shape, "fingerprint": b"12345678" * 2, "domains": ("example.org",), "author": author, **changes}
    )


def create(post: str, offset: int, at: int, author: str = "x:ann", tag: str = TAG) -> Standing:
    return Standing(digest(post), 0, offset, 3, at, at, False, {tag: hit(author)})


def delete(post: str, version: int, offset: int, at: int) -> Standing:
    return Standing(digest(post), version, offset, 3, at, at, True, {})


def clock() -> int:
    return int(time.time())


async def cells(redis: Redis, settings: Settings, at: int, tag: str = TAG) -> dict[bytes, bool]:
    """Post -> whether it stands in that hour."""
    found: Any = await redis.hgetall(f"{settings.prefix}:{LAYOUT}:{{{tag}}}:ledger:{at // HOUR}")
    return {post: unpack_cell(cell).contribution is not None for post, cell in found.items()}


async def test_a_record_met_twice_changes_nothing_the_second_time(redis: Redis, settings: Settings) -> None:
    store, windows = Store(redis, settings), Windows(redis, settings)
    batch = [create(f"x:{i}", i, clock() - 30) for i in range(20)]
    first = await store.apply(batch, {TAG})
    before = await windows.counts(TAG, "1h")
    second = await store.apply(batch, {TAG})
    assert (first.added, first.removed, first.faults) == ({TAG: 20}, {}, ())
    assert (second.added, second.removed, second.faults) == ({}, {}, ())
    assert await windows.counts(TAG, "1h") == before
    assert await windows.changes([TAG]) == {TAG: (20, 0)}


async def test_a_delete_without_a_bucket_takes_back_what_the_post_added(redis: Redis, settings: Settings) -> None:
    store, windows = Store(redis, settings), Windows(redis, settings)
    now = clock()
    await store.apply([create("x:1", 1, now - 2 * HOUR)], {TAG})
    outcome = await store.apply([delete("x:1", 5, 2, now)], {TAG})
    assert outcome.removed == {TAG: 1}
    assert await windows.counts(TAG, "24h") == {}
    assert await windows.distinct(TAG, "authors", "24h") == 0


async def test_an_earlier_create_in_another_hour_that_comes_later_adds_nothing(
    redis: Redis, settings: Settings
) -> None:
    store = Store(redis, settings)
    now = clock()
    await store.apply([create("x:1", 5, now)], {TAG})
    await store.apply([create("x:1", 1, now - HOUR)], {TAG})
    assert await cells(redis, settings, now) == {digest("x:1"): True}
    assert await cells(redis, settings, now - HOUR) == {}


async def test_revisions_that_were_not_evaluated_are_left_alone(redis: Redis, settings: Settings) -> None:
    store = Store(redis, settings)
    now = clock()
    await store.apply([create("x:1", 1, now), create("x:1", 1, now, tag=OTHER)], {TAG, OTHER})
    await store.apply([delete("x:1", 5, 2, now)], {TAG})
    assert await cells(redis, settings, now) == {digest("x:1"): False}
    assert await cells(redis, settings, now, OTHER) == {digest("x:1"): True}


async def test_a_create_that_matches_nothing_costs_redis_nothing(redis: Redis, settings: Settings) -> None:
    now = clock()
    await redis.config_resetstat()
    await Store(redis, settings).apply([Standing(digest("x:1"), 0, 1, 3, now, now, False, {})], {TAG})
    stats: Any = await redis.info("commandstats")
    assert "cmdstat_evalsha" not in stats
    assert "cmdstat_eval" not in stats


async def test_records_of_one_post_in_one_batch_count_in_their_order(redis: Redis, settings: Settings) -> None:
    store, windows = Store(redis, settings), Windows(redis, settings)
    now = clock()
    undelete = Standing(digest("x:1"), 9, 3, 3, now, now, True, {TAG: hit("x:bob")})
    outcome = await store.apply([create("x:1", 1, now), delete("x:1", 8, 2, now), undelete], {TAG})
    assert (outcome.added, outcome.removed) == ({TAG: 2}, {TAG: 1})
    assert (await windows.counts(TAG, "1h"))["all"] == 1
    assert await windows.top(TAG, "authors", "1h") == [("x:bob", 1)]


async def test_an_hour_whose_ledger_has_expired_gets_nothing_and_gives_nothing(
    redis: Redis, settings: Settings
) -> None:
    """The hour rung outlives the ledger: a record read again must not count again, nor a delete take away."""
    brief = Settings(prefix=settings.prefix, lateness=Duration(HOUR), retention=Duration(HOUR))
    long = Settings(prefix=settings.prefix)
    now = clock()
    at = now - 4 * HOUR
    await Store(redis, long).apply([create("x:1", 1, at)], {TAG})
    before = await redis.hgetall(f"{settings.prefix}:{LAYOUT}:{{{TAG}}}:1h:{at // HOUR // 24}")
    outcome = await Store(redis, brief).apply(
        [create("x:2", 2, at), Standing(digest("x:1"), 3, 3, 3, at, now, True, {TAG: hit("x:bob")})], {TAG}
    )
    assert (outcome.added, outcome.removed) == ({}, {})
    assert await redis.hgetall(f"{settings.prefix}:{LAYOUT}:{{{TAG}}}:1h:{at // HOUR // 24}") == before


async def test_a_rung_past_its_expiry_is_not_written(redis: Redis, settings: Settings) -> None:
    at = clock() - 30 * HOUR
    await Store(redis, settings).apply([create("x:1", 1, at)], {TAG})
    stem = f"{settings.prefix}:{LAYOUT}:{{{TAG}}}:"
    names = {name.decode().removeprefix(stem) async for name in redis.scan_iter(f"{stem}*", count=10_000)}
    assert names == {f"ledger:{at // HOUR}", f"1h:{at // HOUR // 24}", "changes"}


async def test_every_key_expires_when_its_bucket_has_been_kept_long_enough(redis: Redis, settings: Settings) -> None:
    now = clock()
    await Store(redis, settings).apply([create("x:1", 1, now), delete("x:2", 3, 2, now)], {TAG})
    over = (now // HOUR + 1) * HOUR
    ends = {
        "ledger": over + settings.keep,
        "10s": over + 2 * HOUR,
        "1m": over + 25 * HOUR,
        "1h": (now // 86_400 + 1) * 86_400 + 35 * 86_400,
        "authors": over + 26 * HOUR,
        "texts": over + 26 * HOUR,
        "domains": over + 26 * HOUR,
    }
    names = [name async for name in redis.scan_iter(f"{settings.prefix}:*", count=10_000)]
    assert len(names) == 7 + 3 + 1 + 2
    for name in names:
        ttl = await redis.ttl(name)
        part = name.decode().split("}:")[1].split(":")
        if len(part) == 2:
            assert abs(clock() + ttl - ends[part[0]]) <= 3, name
        elif b"{i:" in name:
            assert settings.keep <= ttl <= 3 * settings.keep
        else:
            assert ttl > 26 * HOUR, name


async def test_a_counter_that_would_fall_below_zero_is_a_fault_and_stays_at_nothing(
    redis: Redis, settings: Settings
) -> None:
    store, now = Store(redis, settings), clock()
    await store.apply([create("x:1", 1, now)], {TAG})
    key = f"{settings.prefix}:{LAYOUT}:{{{TAG}}}:1h:{now // HOUR // 24}"
    await redis.hdel(key, f"{now // HOUR % 24}|all")
    outcome = await store.apply([delete("x:1", 5, 2, now)], {TAG})
    assert outcome.faults == (TAG,)
    assert await redis.hgetall(key) == {}


async def test_a_hundred_matches_in_one_minute_cost_few_commands(redis: Redis, settings: Settings) -> None:
    store = Store(redis, settings)
    start = clock() // 60 * 60 - 120
    await store.apply([create("x:warm", 0, start)], {TAG})
    plan = await store.place([create(f"x:{i}", i, start + i % 60, f"x:{i}") for i in range(1, 101)], {TAG})
    await redis.config_resetstat()
    await store.write(plan)
    stats: Any = await redis.info("commandstats")
    calls = {name.removeprefix("cmdstat_"): each["calls"] for name, each in stats.items()}
    assert calls["evalsha"] == 1
    assert calls["hset"] <= 8
    assert sum(n for name, n in calls.items() if name not in ("config", "config|resetstat", "info")) < 45


async def test_the_largest_calls_fit_with_every_field_different(redis: Redis, settings: Settings) -> None:
    """Redis' Lua unpacks some 8,000 values at once: everything is done in pieces, and then taken back again."""
    store, windows = Store(redis, settings), Windows(redis, settings)
    now = clock()
    start = now // HOUR * HOUR - HOUR
    batch = [
        Standing(
            digest(f"x:{i}"), 0, i, 3, start + i * 3 % HOUR, now, False,
            {TAG: hit(f"x:{i}", platform=f"p{i}", groups=(f"g{i}", f"h{i}"), claims=(f"c{i}", f"d{i}"),
                      fingerprint=i.to_bytes(16, "big"), domains=tuple(f"{i}.{j}.example" for j in range(5)))},
        )
        for i in range(1_200)
    ]  # fmt: skip
    assert (await store.apply(batch, {TAG})).added == {TAG: 1_200}
    assert await windows.distinct(TAG, "domains", "24h") == 6_000
    gone = await store.apply([delete(f"x:{i}", 9, 5_000 + i, now) for i in range(1_200)], {TAG})
    assert (gone.removed, gone.faults) == ({TAG: 1_200}, ())
    assert await windows.counts(TAG, "24h") == {}
    assert await windows.distinct(TAG, "authors", "24h") == 0


async def test_scripts_are_loaded_again_when_redis_has_lost_them(redis: Redis, settings: Settings) -> None:
    store = Store(redis, settings)
    await redis.script_flush()
    assert (await store.apply([create("x:1", 1, clock())], {TAG})).added == {TAG: 1}


async def test_a_clock_that_is_far_off_is_refused(
    redis: Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock()
    monkeypatch.setattr("streams.trends.store.time.time", lambda: now + 2 * HOUR)
    with pytest.raises(ResponseError, match="clocks"):
        await Store(redis, settings).apply([create("x:1", 1, now)], {TAG})
