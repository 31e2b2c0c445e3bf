"""Windows are plain sums over the records that stand, at any instant and however old."""

import random
import time
from functools import partial

import pytest
from redis.asyncio import Redis

from streams.settings import Settings
from streams.trends import WINDOWS, NotKept, Standing, Store, Windows, digest
from streams.trends.keys import KEEP_10S
from streams.trends.windows import extent
from tests.integration.trends import model
from tests.integration.trends.contributions import contribution
from tests.integration.trends.steadily import steadily

TAG = "event@111111111111"
HOUR = 3_600


def clock() -> int:
    return int(time.time())


def dense(now: int, span: int, n: int) -> list[Standing]:
    rnd = random.Random(7)
    return [
        Standing(digest(f"x:{i}"), 0, i, 3, now - i * span // n, now, False, {TAG: contribution(rnd)}) for i in range(n)
    ]


async def test_windows_equal_brute_force_at_any_instant(redis: Redis, settings: Settings) -> None:
    windows, now = Windows(redis, settings), clock()
    batch = dense(now, 4 * HOUR, 3_000) + dense(now - 4 * HOUR, 60 * HOUR, 1_500)
    batch = [
        Standing(digest(f"x:{i}"), 0, i, 3, each.at, now, False, each.contributions) for i, each in enumerate(batch)
    ]
    await Store(redis, settings).apply(batch, {TAG})
    standing = [(each, each.contributions[TAG]) for each in batch]
    rnd = random.Random(3)
    instants = [now, now - 5, *(now - rnd.randrange(3 * HOUR) for _ in range(40))]
    instants += [now - rnd.randrange(60 * HOUR) for _ in range(20)]
    for at in instants:
        found, kept_at = await steadily(partial(windows.many, [TAG], at=at))
        assert set(found[TAG]) >= {"1h", "24h"}
        for name, counts in found[TAG].items():
            assert counts == model.window(standing, WINDOWS[name], at, kept_at), (name, at)


async def test_sums_of_some_dimensions_are_those_of_the_windows(redis: Redis, settings: Settings) -> None:
    windows, now = Windows(redis, settings), clock()
    await Store(redis, settings).apply(dense(now, 30 * HOUR, 2_000), {TAG})
    for at in (now, now - HOUR // 2):
        all_of_them = (await windows.many([TAG], at=at))[TAG]
        names = sorted(all_of_them["24h"])[:4]
        spans = [WINDOWS[window] for window in all_of_them]
        (found,) = await windows.sums([(TAG, spans, names)], at)
        wanted = [{name: counts[name] for name in names if name in counts} for counts in all_of_them.values()]
        assert found == wanted
    assert await windows.sums([("none@222222222222", [60], ["all"])], now) == [[{}]]


async def test_events_that_are_asked_together_answer_as_each_alone(redis: Redis, settings: Settings) -> None:
    windows, now, rnd = Windows(redis, settings), clock(), random.Random(11)
    tags = [f"event{i}@111111111111" for i in range(25)]
    batch = [
        Standing(digest(f"x:{i}"), 0, i, 3, now - rnd.randrange(3 * HOUR), now, False, {tag: contribution(rnd)})
        for i in range(300)
        for tag in rnd.sample(tags[1:], 1)  # the first has nothing
    ]
    await Store(redis, settings).apply(batch, set(tags))
    alone = {tag: (await windows.many([tag], at=now))[tag] for tag in tags}
    assert await windows.many(tags, at=now) == alone
    asked = [(tag, (300, HOUR) if i % 3 else (HOUR,), ["all", "kind:post"]) for i, tag in enumerate(tags)]
    assert await windows.sums(asked, now) == [(await windows.sums([each], now))[0] for each in asked]
    assert await windows.changes(tags) == {tag: (await windows.changes([tag]))[tag] for tag in tags}


async def test_the_busiest_are_counted_within_their_ten_minutes(redis: Redis, settings: Settings) -> None:
    windows, now = Windows(redis, settings), clock()
    batch = dense(now, 20 * HOUR, 800)
    await Store(redis, settings).apply(batch, {TAG})
    for at in (now, now - 3 * HOUR):
        first, last = (at - HOUR) // 600 + 1, at // 600
        sums: dict[str, int] = {}
        for each in batch:
            if first <= each.at // 600 <= last:
                author = each.contributions[TAG].author
                sums[author] = sums.get(author, 0) + 1
        busiest = sorted(sums.items(), key=lambda each: (-each[1], each[0]))
        assert await windows.top(TAG, "authors", "1h", at, 2) == busiest[:2]
        assert await windows.distinct(TAG, "authors", "1h", at) == len(sums)
    texts = await windows.top(TAG, "texts", "1h")
    assert {value for value, _ in texts} <= {b"12345678".hex(), b"\x00\xff|\n\r\x80ab".hex()}


@pytest.mark.parametrize("step", [10, 60, 300, 3_600])
async def test_a_series_is_the_count_of_each_bucket(redis: Redis, settings: Settings, step: int) -> None:
    windows, now = Windows(redis, settings), clock()
    batch = dense(now, 2 * HOUR, 900)
    await Store(redis, settings).apply(batch, {TAG})
    n = min(30, 2 * HOUR // step)
    end = (now // step + 1) * step
    for dimension in ("all", "platform:x"):
        expected = [
            sum(
                end - (n - i) * step <= each.at < end - (n - i - 1) * step
                and (dimension == "all" or each.contributions[TAG].platform == "x")
                for each in batch
            )
            for i in range(n)
        ]
        assert await windows.series(TAG, step, n, now, dimension) == expected


async def test_a_window_finer_than_what_is_kept_is_refused(redis: Redis, settings: Settings) -> None:
    windows = Windows(redis, settings)
    long_ago = clock() // HOUR * HOUR - 48 * HOUR + 1_800
    with pytest.raises(NotKept):
        await windows.counts(TAG, "1m", long_ago)
    with pytest.raises(NotKept):
        await windows.top(TAG, "authors", "1h", long_ago)
    assert await windows.counts(TAG, "24h", long_ago) == {}


@pytest.mark.parametrize(("before", "edges"), [(2, (330, 390)), (1, (360, 420)), (0, (360, 420))])
def test_the_edges_of_a_window_are_those_of_the_scripts_until_the_second_in_which_they_expire(
    before: int, edges: tuple[int, int]
) -> None:
    assert extent(60, 385, HOUR + KEEP_10S - before) == edges


async def test_an_event_without_posts_counts_nothing(redis: Redis, settings: Settings) -> None:
    windows = Windows(redis, settings)
    assert await windows.many([TAG]) == {TAG: {key: {} for key in WINDOWS}}
    assert await windows.distinct(TAG, "texts", "24h") == 0
    assert await windows.top(TAG, "domains", "24h") == []
    assert await windows.changes([TAG]) == {TAG: (0, 0)}
    assert await windows.many([]) == {}
    assert await windows.distinct_now([], ["authors"], ["1h"]) == {}
