"""What a scrape is shown equals what is read anew, however records and the clock go on; what is quiet is not read."""

import random
import time
from collections.abc import Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from streams.settings import Settings
from streams.trends import WINDOWS, Glances, Standing, Store, Windows, digest
from streams.trends.glances import PEOPLE_WINDOWS
from tests.integration.trends.contributions import contribution

TAGS = [f"event{i}@111111111111" for i in range(4)]
HOUR = 3_600


def standing(rnd: random.Random, number: int, at: int, tags: Sequence[str], version: int = 0) -> Standing:
    """A record whose bucket time is `at`; of a version above 0 it takes the place of what the post was."""
    adds = {tag: contribution(rnd) for tag in tags}
    return Standing(digest(f"x:{number}"), version, number, 3, at, int(time.time()), version > 0, adds)


async def anew(windows: Windows, tags: Sequence[str], at: int) -> dict[str, Any]:
    """The same numbers without a memory; people are always of this moment."""
    people = await windows.distinct_now(tags, ("authors", "texts"), PEOPLE_WINDOWS)
    changes = await windows.changes(tags)
    found = await windows.many(tags, at=at)
    return {tag: (found[tag], people[tag], *changes[tag]) for tag in tags}


@pytest.mark.parametrize("seed", range(3))
async def test_a_glance_is_what_is_read_anew(redis: Redis, settings: Settings, seed: int) -> None:
    rnd = random.Random(seed)
    store, windows, glances = Store(redis, settings), Windows(redis, settings), Glances(redis, settings)
    began = at = int(time.time())
    number = counted = 0
    # The first event has its day behind it, the last one nothing ever; two get records as the clock goes on.
    await store.apply([standing(rnd, n, began - rnd.randrange(25 * HOUR), TAGS[:1]) for n in range(150)], {*TAGS})
    while at < began + 25 * HOUR:
        number += 1
        if rnd.random() < 0.4:
            when = at + rnd.choice([0, -5, -70, -400, -5_000, 1, 30, 119, 239])
            again = rnd.random() < 0.3
            post = rnd.randrange(150) if again else 1_000 + number
            tags = rnd.choice([TAGS[1:2], TAGS[2:3], TAGS[1:3], [] if again else TAGS[1:2]])
            await store.apply([standing(rnd, post, when, tags, number if again else 0)], {*TAGS})
        found = await glances.of(TAGS, at)
        shown = {tag: (each.windows, each.people, each.matched, each.retracted) for tag, each in found.items()}
        expected = await anew(windows, TAGS, at)
        for tag in TAGS:
            assert shown[tag][0] == expected[tag][0], (seed, at - began, tag)
            assert shown[tag][2:] == expected[tag][2:]
        counted += sum(each.windows["1h"].get("all", 0) for each in found.values())
        at += rnd.choice([1, 5, 10, 15, 15, 15, 60, 300, 1_500, 9_000])
    assert counted > 50


async def test_people_are_counted_as_they_come_and_go(redis: Redis, settings: Settings) -> None:
    rnd, at = random.Random(1), int(time.time())
    await Store(redis, settings).apply([standing(rnd, n, at - n * 60, TAGS[:1]) for n in range(30)], {*TAGS})
    expected = await Windows(redis, settings).distinct_now(TAGS, ("authors", "texts"), PEOPLE_WINDOWS)
    glances = Glances(redis, settings)
    assert {tag: each.people for tag, each in (await glances.of(TAGS)).items()} == expected
    await Store(redis, settings).apply([standing(rnd, 99, at, TAGS[:2])], {*TAGS})
    expected = await Windows(redis, settings).distinct_now(TAGS, ("authors", "texts"), PEOPLE_WINDOWS)
    assert {tag: each.people for tag, each in (await glances.of(TAGS)).items()} == expected
    later = await glances.of(TAGS, at + HOUR + 600)  # nothing was written, and the hour is over
    assert [later[tag].people["authors", "1h"] for tag in TAGS] == [0] * len(TAGS)
    assert later[TAGS[0]].people["authors", "24h"] == expected[TAGS[0]]["authors", "24h"]


async def test_what_is_quiet_is_not_read_again(
    redis: Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, tuple[str, ...]]] = []
    lasting = Windows.lasting

    async def noting(self: Windows, tags: Any, *rest: Any) -> Any:
        asked.extend((tag, tuple(windows)) for tag, windows in tags.items())
        return await lasting(self, tags, *rest)

    monkeypatch.setattr(Windows, "lasting", noting)
    rnd, at = random.Random(1), int(time.time()) // HOUR * HOUR + 1_800  # no edge of an hour is near
    store, glances = Store(redis, settings), Glances(redis, settings)
    await store.apply([standing(rnd, 1, at - 7, TAGS[:1])], {*TAGS})
    first = await glances.of(TAGS, at)
    assert asked == [(tag, tuple(WINDOWS)) for tag in TAGS]
    asked.clear()
    assert (await glances.of(TAGS, at + 20))[TAGS[0]] is first[TAGS[0]]
    assert asked == []
    await glances.of(TAGS, at + 60)  # it leaves the minute
    assert asked == [(TAGS[0], ("1m",))]
    asked.clear()
    await store.apply([standing(rnd, 2, at, TAGS[1:2])], {*TAGS})
    await glances.of(TAGS, at + 61)
    assert asked == [(TAGS[1], tuple(WINDOWS))]


async def test_another_redis_is_read_anew(redis: Redis, settings: Settings) -> None:
    rnd, at = random.Random(1), int(time.time())
    store, glances = Store(redis, settings), Glances(redis, settings)
    await store.apply([standing(rnd, 1, at, TAGS[:1])], {*TAGS})
    first = (await glances.of(TAGS, at))[TAGS[0]]
    glances.forget()
    again = (await glances.of(TAGS, at))[TAGS[0]]
    assert (again == first, again is first) == (True, False)
