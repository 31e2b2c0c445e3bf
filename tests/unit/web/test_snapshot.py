"""Scrapes share one look at Redis, and forget it when Redis is away."""

import asyncio

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from streams.web import metrics
from streams.web.exposition import Reading


async def test_scrapes_at_the_same_time_ask_once() -> None:
    asked = 0

    async def ask() -> list[Reading]:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        return []

    snapshot = metrics.Snapshot[list[Reading]]()
    assert await asyncio.gather(*(snapshot.get(ask) for _ in range(5))) == [[]] * 5
    assert asked == 1


async def test_a_redis_that_went_away_leaves_no_stale_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "KEEP", -1.0)
    answers: list[list[Reading] | Exception] = [[], RedisConnectionError("gone"), []]

    async def ask() -> list[Reading]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    snapshot = metrics.Snapshot[list[Reading]]()
    assert [await snapshot.get(ask) for _ in range(3)] == [[], None, []]


async def test_a_redis_that_hangs_counts_as_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "ANSWER_LIMIT", 0.01)
    assert await metrics.Snapshot[list[Reading]]().get(asyncio.Event().wait) is None  # type: ignore[arg-type]
