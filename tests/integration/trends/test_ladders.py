"""The ladder as the burst model takes it: dense counts, the same as one by one, and from when on they are whole."""

import random
import time
from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis

from schemas import TrackedEvent
from streams.settings import Duration, Settings
from streams.trends import Standing, Store, Windows, digest
from streams.trends.ladders import MINUTES, Ladders
from tests.integration.trends.contributions import contribution

TAG, QUIET = "event@111111111111", "quiet@111111111111"
DAY = 86_400


async def test_dense_counts_are_those_of_the_windows(redis: Redis, settings: Settings) -> None:
    now, rnd = int(time.time()), random.Random(7)
    instants = [now - rnd.randrange(30 * DAY) for _ in range(800)] + [now - rnd.randrange(DAY) for _ in range(800)]
    lasting = Settings(redis=settings.redis, prefix=settings.prefix, retention=Duration(settings.retention * 5))
    batch = [
        Standing(digest(f"x:{i}"), 0, i, 3, at, at, False, {TAG: contribution(rnd)}) for i, at in enumerate(instants)
    ]
    await Store(redis, lasting).apply(batch, {TAG})
    ladders, windows = Ladders(redis, settings), Windows(redis, settings)

    hour = now // 3_600 + 1
    found = await ladders.hours([TAG, QUIET], (hour - 29 * 24, hour))
    assert found[TAG] == await windows.series(TAG, 3_600, 29 * 24, now)
    assert sum(found[TAG]) > 1_500
    assert found[QUIET] == [0] * 29 * 24

    minute = now // 60 + 1
    found = await ladders.minutes([TAG, QUIET], (minute - MINUTES, minute))
    assert found[TAG] == await windows.series(TAG, 60, MINUTES, now)
    assert found[QUIET] == [0] * MINUTES

    spans = [(minute - 60, minute - 41), (minute - 40, minute)]
    expected = sum(found[TAG][-60:-41]) + sum(found[TAG][-40:])
    assert await ladders.totals([QUIET, TAG], spans) == {QUIET: 0, TAG: expected}


async def test_of_no_buckets_there_is_nothing(redis: Redis, settings: Settings) -> None:
    ladders = Ladders(redis, settings)
    assert await ladders.hours([TAG], (5, 5)) == {TAG: []}
    assert await ladders.totals([TAG], []) == {TAG: 0}


@pytest.mark.parametrize(
    ("since", "began", "expected"),
    [
        (None, 0, 93),  # what the log still held when it was applied
        (None, 98, 98),  # the log itself is younger
        (None, 120, 120),  # it began when the event was there already
        (95, 0, 95),
        (80, 0, 93),
    ],
)
def test_counts_are_whole_from_then_on(
    redis: Redis, settings: Settings, since: int | None, began: int, expected: int
) -> None:
    def day(n: int) -> datetime:
        return datetime.fromtimestamp(n * DAY, UTC)

    event = TrackedEvent(
        id="event", title="T", revision="1" * 12, applied_at=day(100), engine=1, match="m",
        since=None if since is None else day(since),
    )  # fmt: skip
    assert Ladders(redis, settings).counted_from(event, began * DAY) == expected * DAY
