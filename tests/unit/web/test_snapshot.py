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

    recent = readings.Recent()
    assert await asyncio.gather(*(recent.get(ask) for _ in range(5))) == [EMPTY] * 5
    assert asked == 1


async def test_a_redis_that_went_away_leaves_no_stale_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "KEEP", -1.0)
    answers: list[Snapshot | Exception] = [EMPTY, RedisConnectionError("gone"), EMPTY]

    async def ask() -> Snapshot:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    recent = readings.Recent()
    assert [await recent.get(ask) for _ in range(3)] == [EMPTY, None, EMPTY]


async def test_a_redis_that_hangs_counts_as_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "ANSWER_LIMIT", 0.01)
    assert await readings.Recent().get(asyncio.Event().wait) is None  # type: ignore[arg-type]
