"""Judgements in Redis: all of one minute or all of the next, and none that nobody renews."""

from redis.asyncio import Redis

from streams.settings import Settings
from streams.trends.judgements import KEPT, Judgement, Judgements

MINUTE = 1_741_953_600


def judgement(observed: int) -> Judgement:
    return Judgement(MINUTE, observed, 3.5, 0, 9, 4.25, 2.3, detected_at=MINUTE - 600)


async def test_what_was_written_is_read_and_the_rest_is_absent(redis: Redis, settings: Settings) -> None:
    written = {f"event-{i}@0123456789ab": judgement(i) for i in range(1_203)}
    await Judgements(redis, settings).write(written)
    judgements = Judgements(redis, settings)
    assert await judgements.of(written) == written
    assert await judgements.of(["event-7@0123456789ab", "other@0123456789ab"]) == {
        "event-7@0123456789ab": written["event-7@0123456789ab"]
    }


async def test_the_next_minute_replaces_all_of_the_one_before(redis: Redis, settings: Settings) -> None:
    judgements, two = Judgements(redis, settings), Judgements(redis, settings)
    await judgements.write({"gone@0123456789ab": judgement(1), "here@0123456789ab": judgement(1)})
    await two.write({"here@0123456789ab": judgement(2)})
    assert await judgements.of(["gone@0123456789ab", "here@0123456789ab"]) == {"here@0123456789ab": judgement(2)}
    await judgements.write({})
    assert await judgements.of(["here@0123456789ab"]) == {}


async def test_judgements_expire_and_leave_no_draft(redis: Redis, settings: Settings) -> None:
    await Judgements(redis, settings).write({"here@0123456789ab": judgement(2)})
    (name,) = [name async for name in redis.scan_iter(f"{settings.prefix}:*", count=10_000)]
    assert 0 < await redis.ttl(name) <= KEPT


async def test_what_another_release_wrote_is_not_judged(redis: Redis, settings: Settings) -> None:
    judgements = Judgements(redis, settings)
    await judgements.write({"here@0123456789ab": judgement(2)})
    (name,) = [name async for name in redis.scan_iter(f"{settings.prefix}:*", count=10_000)]
    await redis.hset(name, "here@0123456789ab", b'{"minutes":1}')
    assert await judgements.of(["here@0123456789ab"]) == {}
