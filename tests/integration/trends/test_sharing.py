"""Who drives an event, asked by many: the answer is that of `Drivers`, and is worked out once while nothing moves."""

import asyncio
import time
from collections.abc import Collection

import pytest
from redis.asyncio import Redis

from streams.settings import Settings
from streams.trends import Contribution, Standing, Store, digest, drivers, sharing
from streams.trends.drivers import Drivers
from streams.trends.sharing import SharedDrivers
from streams.trends.voices import group

TAG = "event@111111111111"


async def post(redis: Redis, settings: Settings, number: int) -> None:
    """One more post, a copy of every other one."""
    at = int(time.time())
    hit = Contribution("x", "post", "en", ("other",), (), f"x/{number}", bytes([255 * (number % 2)] * 16), ())
    await Store(redis, settings).apply(
        [Standing(digest(f"x:{number}"), 0, number, 3, at, at, False, {TAG: hit})], {TAG}
    )


@pytest.fixture
def grouped(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts were grouped, each time."""
    found: list[int] = []

    async def noting(texts: Collection[bytes]) -> dict[bytes, bytes]:
        found.append(len(set(texts)))
        return await group(texts)

    monkeypatch.setattr(drivers, "group", noting)
    return found


async def test_while_nothing_moves_it_is_worked_out_once(redis: Redis, settings: Settings, grouped: list[int]) -> None:
    shared, plain = SharedDrivers(redis, settings), Drivers(redis, settings)
    for number in range(4):
        await post(redis, settings, number)
        one, *others = await asyncio.gather(*(shared.copies(TAG, "24h") for _ in range(5)))
        assert all(each == one for each in others)
        assert await shared.voices(TAG, ["24h"]) == {"24h": min(number + 1, 2)}
        assert await shared.authors(TAG, "24h") == await plain.authors(TAG, "24h")
        # Twice, and once more each where the ten minutes turn meanwhile.
        assert 2 <= len(grouped) <= 4
        assert one == await plain.copies(TAG, "24h")
        grouped.clear()


async def test_the_past_is_worked_out_each_time(redis: Redis, settings: Settings, grouped: list[int]) -> None:
    shared, now = SharedDrivers(redis, settings), int(time.time())
    await post(redis, settings, 1)
    assert await shared.voices(TAG, ["1h"], now) == await shared.voices(TAG, ["1h"], now) == {"1h": 1}
    assert len(grouped) == 2


async def test_what_takes_long_stays_good_for_a_while(
    redis: Redis, settings: Settings, grouped: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "_LONG", 0.0)
    monkeypatch.setattr(sharing, "_REST", 100_000)
    shared = SharedDrivers(redis, settings)
    await post(redis, settings, 1)
    assert await shared.voices(TAG, ["24h"]) == {"24h": 1}
    await post(redis, settings, 2)
    assert await shared.voices(TAG, ["24h"]) == {"24h": 1}
    monkeypatch.setattr(sharing, "_OLDEST", 0.0)
    assert await shared.voices(TAG, ["1h"]) == {"1h": 2}
    await post(redis, settings, 4)
    assert await shared.voices(TAG, ["1h"]) == {"1h": 2}
    assert len(grouped) == 3


async def test_only_so_many_answers_are_kept(
    redis: Redis, settings: Settings, grouped: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "_MOST", 1)
    shared = SharedDrivers(redis, settings)
    await post(redis, settings, 1)
    for window in ("1h", "24h", "1h"):
        await shared.voices(TAG, [window])
    assert grouped == [1, 1, 1]
