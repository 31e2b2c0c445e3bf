"""Paced streams come merged by time, and take the time that they should."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from streams.ingest.pace import MOST, paced


@dataclass(frozen=True)
class At:
    time: int | None


async def source(*times: int | None) -> AsyncIterator[list[At]]:
    for time in times:
        yield [At(time)]


async def gather(*sources: AsyncIterator[list[At]], speed: float) -> list[int | None]:
    return [each.time async for several in paced(sources, speed) for each in several]


async def test_sources_are_merged_by_time() -> None:
    assert await gather(source(1, 4, 9), source(2, 3, 10), source(), speed=1e9) == [1, 2, 3, 4, 9, 10]


async def test_the_order_within_a_source_stays() -> None:
    assert await gather(source(5, 1, 7), source(6), speed=1e9) == [5, 1, 6, 7]


async def test_records_before_the_first_time_are_due_at_once() -> None:
    assert await gather(source(None, None, 3), speed=0.001) == [None, None, 3]


async def test_times_pass_at_the_given_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
    monkeypatch.setattr("streams.ingest.pace.asyncio.sleep", sleep)
    seen: dict[int | None, float] = {}
    async for several in paced([source(0, 2_000, 2_100, 4_000)], 10):
        seen |= {each.time: now - 1_000 for each in several}
        now += 0.05  # what is done with them takes its time, too
    # What is due within a twentieth of a second goes with what is due.
    assert seen == {0: 0.0, 2_000: pytest.approx(0.2), 2_100: pytest.approx(0.2), 4_000: pytest.approx(0.4)}


async def test_a_backlog_is_handed_on_in_parts() -> None:
    async def all_at_once() -> AsyncIterator[list[At]]:
        yield [At(0)] * (2 * MOST + 1)

    assert [len(several) async for several in paced([all_at_once()], 1)] == [MOST, MOST, 1]
