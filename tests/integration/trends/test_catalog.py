"""The catalog moves only forward, and clears away what was superseded; applied offsets notice a Redis that forgot."""

import time
from datetime import UTC, datetime

import msgspec
import pytest
from redis.asyncio import Redis

from schemas.event import TrackedEvent
from streams.settings import Settings
from streams.trends import LAYOUT, Applied, Catalog, Contribution, Standing, Store, digest
from streams.trends.catalog import LINGER


def event(revision: str, title: str = "A title") -> TrackedEvent:
    return TrackedEvent(
        id="event",
        title=title,
        revision=revision * 12,
        applied_at=datetime(2025, 3, 14, tzinfo=UTC),
        engine=1,
        match="x",
    )


@pytest.fixture
def catalog(redis: Redis, settings: Settings) -> Catalog:
    return Catalog(redis, settings)


def clock() -> int:
    return int(time.time())


async def test_a_revision_is_pending_until_it_takes_over(catalog: Catalog) -> None:
    assert await catalog.propose(event("a"), 3)
    assert await catalog.pending() == {"event": event("a")}
    assert await catalog.serving() == {}
    assert await catalog.take_over(event("a"), 3)
    assert await catalog.take_over(event("a"), 3)
    assert await catalog.pending() == {}
    assert await catalog.serving() == {"event": event("a")}
    assert await catalog.offsets() == {"event": 3}


async def test_an_older_record_changes_nothing(catalog: Catalog) -> None:
    await catalog.take_over(event("b"), 5)
    assert not await catalog.take_over(event("a"), 3)
    assert not await catalog.propose(event("a"), 3)
    assert not await catalog.propose(event("b"), 4)
    assert not await catalog.propose(event("c"), 5)
    assert not await catalog.remove("event", 4)
    assert await catalog.serving() == {"event": event("b")}
    assert await catalog.pending() == {}


async def test_the_old_revision_serves_while_the_new_one_is_counted(catalog: Catalog) -> None:
    await catalog.take_over(event("a"), 3)
    await catalog.propose(event("b"), 5)
    assert await catalog.serving() == {"event": event("a")}
    await catalog.propose(event("c"), 6)
    assert await catalog.pending() == {"event": event("c")}
    assert await catalog.take_over(event("b"), 5)
    assert await catalog.pending() == {"event": event("c")}


async def test_a_new_title_serves_at_once_under_the_same_revision(catalog: Catalog) -> None:
    await catalog.take_over(event("a"), 3)
    assert await catalog.take_over(event("a", "Another"), 4)
    assert await catalog.serving() == {"event": event("a", "Another")}
    assert await catalog.sweep(clock() + 2 * LINGER) == []


async def test_a_revision_that_serves_is_never_counted_again(catalog: Catalog) -> None:
    await catalog.take_over(event("a"), 3)
    assert await catalog.propose(event("a", "Another"), 4)
    assert await catalog.serving() == {"event": event("a", "Another")}
    assert await catalog.pending() == {}


async def test_a_title_that_changed_during_the_back_fill_costs_no_second_one(catalog: Catalog) -> None:
    await catalog.propose(event("a"), 3)
    await catalog.propose(event("a", "Another"), 4)
    assert await catalog.take_over(event("a"), 3)
    assert await catalog.pending() == {}
    assert await catalog.propose(event("a", "Another"), 4)
    assert await catalog.serving() == {"event": event("a", "Another")}
    assert await catalog.pending() == {}


@pytest.mark.parametrize("left", [None, b"{", b'{"id": 7}'], ids=["lost", "cut off", "of another schema"])
async def test_a_definition_that_is_missing_is_read_once_it_is_there(
    catalog: Catalog, redis: Redis, settings: Settings, left: bytes | None
) -> None:
    other = msgspec.structs.replace(event("b"), id="other")
    await catalog.take_over(event("a"), 3)
    await catalog.take_over(other, 4)
    (definitions,) = [name async for name in redis.scan_iter(f"{settings.prefix}:*definitions", count=10_000)]
    whole = await redis.hget(definitions, event("a").tag)
    if left is None:
        await redis.hdel(definitions, event("a").tag)
    else:
        await redis.hset(definitions, event("a").tag, left)
    reader = Catalog(redis, settings)
    gap = await reader.serving()
    assert gap == {"other": other}
    assert await reader.serving() is gap
    await redis.hset(definitions, event("a").tag, whole)  # the version stays as it is: a gap is not trusted to it
    assert await reader.serving() == {"event": event("a"), "other": other}
    assert await reader.serving() is await reader.serving()
    await redis.hdel(definitions, event("a").tag)
    assert await catalog.propose(event("a"), 3)
    assert await Catalog(redis, settings).serving() == {"event": event("a"), "other": other}


async def test_a_definition_that_cannot_be_read_is_counted_and_named_once(
    catalog: Catalog, redis: Redis, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    await catalog.take_over(event("a"), 3)
    (definitions,) = [name async for name in redis.scan_iter(f"{settings.prefix}:*definitions", count=10_000)]
    whole = await redis.hget(definitions, event("a").tag)
    await redis.hset(definitions, event("a").tag, b"{")
    reader = Catalog(redis, settings)
    for _ in range(2):
        assert await reader.serving() == {}
        assert reader.unreadable == 1
    (said,) = [each.getMessage() for each in caplog.records if each.name == "streams.trends.catalog"]
    assert said.startswith(f"The definition of {event('a').tag} cannot be read")
    await redis.hset(definitions, event("a").tag, whole)
    assert await reader.serving() == {"event": event("a")}
    assert reader.unreadable == 0


async def test_what_was_read_before_a_definition_was_lost_does_not_hide_it_for_ever(
    catalog: Catalog, redis: Redis, settings: Settings
) -> None:
    await catalog.take_over(event("a"), 3)
    assert await catalog.serving() == {"event": event("a")}
    (definitions,) = [name async for name in redis.scan_iter(f"{settings.prefix}:*definitions", count=10_000)]
    await redis.hdel(definitions, event("a").tag)
    assert await catalog.serving() == {"event": event("a")}
    await catalog.sweep(clock())
    assert await catalog.serving() == {}


async def test_a_removed_event_serves_no_more_and_may_return(catalog: Catalog) -> None:
    await catalog.take_over(event("a"), 3)
    await catalog.propose(event("b"), 4)
    assert await catalog.remove("event", 5)
    assert await catalog.serving() == {}
    assert await catalog.pending() == {}
    assert not await catalog.take_over(event("b"), 4)
    assert await catalog.take_over(event("c"), 6)
    assert await catalog.serving() == {"event": event("c")}


async def test_what_was_superseded_is_unlinked_after_ten_minutes(
    catalog: Catalog, redis: Redis, settings: Settings
) -> None:
    now = clock()
    old, new = event("a"), event("b")
    hit = Contribution("x", "post", "en", ("other",), (), "x:ann", b"12345678" * 2, ("example.org",))
    hours = [now - back * 3_600 for back in (0, 1, 20, 40, 215)]
    batch = [
        Standing(digest(f"x:{at}"), 0, at, 3, at, now, False, {each.tag: hit for each in (old, new)}) for at in hours
    ]
    await Store(redis, settings).apply(batch, {old.tag, new.tag})
    await catalog.take_over(old, 1)
    await catalog.take_over(new, 2)
    assert await catalog.sweep(now + LINGER - 60) == []
    assert await catalog.sweep(now + LINGER + 60) == [old.tag]
    assert await catalog.sweep(now + LINGER + 60) == []
    names = [name.decode() async for name in redis.scan_iter(f"{settings.prefix}:{LAYOUT}:*", count=10_000)]
    assert [name for name in names if old.tag in name] == []
    assert len([name for name in names if new.tag in name]) > 20
    assert await catalog.serving() == {"event": new}


async def test_applied_offsets_move_on_and_refuse_when_redis_forgot(redis: Redis, settings: Settings) -> None:
    applied = Applied(redis, settings)
    one, two = ("posts", 0), ("posts", 1)
    assert await applied.read([one, two]) == {one: None, two: None}
    assert await applied.advance({one: (0, 10)}) == {one: None}
    assert await applied.restart({one: 0, two: 7}) == {two: None}
    assert await applied.restart({two: 0}) == {}
    assert await applied.advance({one: (0, 10), two: (0, 9)}) == {}
    assert await applied.read([one, two]) == {one: 10, two: 9}
    # A second worker is further: its marker stays.
    assert await applied.advance({one: (5, 8)}) == {}
    # Redis fell back behind what this worker wrote.
    assert await applied.advance({two: (12, 14)}) == {two: 9}
    assert await applied.read([one, two]) == {one: 10, two: 9}
    # Going back takes a marker that is not further back already.
    assert await applied.restart({one: 2, two: 11}) == {two: 9}
    assert await applied.read([one, two]) == {one: 2, two: 9}
