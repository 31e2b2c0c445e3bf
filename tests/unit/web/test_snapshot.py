"""Scrapes share one look at Redis, and forget it when Redis is away."""

import asyncio

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from streams.web import readings
from streams.web.exposition import Snapshot

EMPTY = Snapshot([])


async def test_scrapes_at_the_same_time_ask_once() -> None:
    asked = 0

    async def ask() -> Snapshot:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return EMPTY

    recent = readings.Recent(ask)
    assert await asyncio.gather(*(recent.get(None) for _ in range(5))) == [EMPTY] * 5
    assert asked == 1


async def test_a_redis_that_went_away_leaves_no_stale_numbers() -> None:
    answers: list[Snapshot | Exception] = [RedisConnectionError("gone"), EMPTY]

    async def ask() -> Snapshot:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    recent = readings.Recent(ask)
    with pytest.raises(RedisConnectionError):
        await recent.get(None)
    assert await recent.get(None) is EMPTY


async def test_who_waits_for_another_waits_no_longer_than_asking_may_take() -> None:
    hangs = asyncio.Event()

    async def ask() -> Snapshot:
        await hangs.wait()
        return EMPTY

    recent = readings.Recent(ask)
    first = asyncio.create_task(recent.get(None))
    with pytest.raises(TimeoutError):
        await recent.get(0.01)
    hangs.set()
    assert await first is EMPTY
    assert await recent.get(0.01) is EMPTY
