"""Events judged from what Redis holds: as offline over the same minutes, whoever judges, and not by what nobody saw."""

import random
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import msgspec
import pytest
from redis.asyncio import Redis

from schemas import TrackedEvent
from streams.settings import Duration, Settings
from streams.trends import Contribution, Standing, Store, digest
from streams.trends.baselines import Baselines
from streams.trends.bursts import Verdict, judge
from streams.trends.judgements import MODEL, Judgements
from streams.trends.judging import Judge
from streams.trends.keys import Keys
from streams.trends.ladders import Ladders, Range
from streams.trends.sight import Sight

DAYS = 20
HIT = Contribution("x", "post", "en", ("other",), (), "x:ann", b"12345678", ())


def event(name: str, since: datetime | None = None) -> TrackedEvent:
    return TrackedEvent(
        id=name, title="T", revision="1" * 12, applied_at=datetime.now(UTC), engine=1, match="m", since=since
    )


class Past:
    """Minutes of an event up to now, in Redis; the verdicts of `judge` over them."""

    def __init__(self, name: str, minutes: Sequence[int]) -> None:
        self.event = event(name)
        self.end = int(time.time()) // 60
        first = self.end - len(minutes)
        self.start = -(-first // 60) * 60  # a part of an hour, which the series would count, is none of the ladder's
        self.minutes = [*enumerate(minutes[self.start - first :], self.start)]

    async def write(self, redis: Redis, settings: Settings) -> None:
        instants = [at * 60 + each % 60 for at, count in self.minutes for each in range(count)]
        tag = self.event.tag
        batch = [Standing(digest(f"{tag}:{i}"), 0, i, 3, at, at, False, {tag: HIT}) for i, at in enumerate(instants)]
        for start in range(0, len(batch), 5_000):
            await Store(redis, settings).apply(batch[start : start + 5_000], {tag})

    def judged(self) -> dict[int, Verdict | None]:
        """By the unix time at which each minute ends."""
        verdicts = judge(iter(self.minutes), 60, MODEL)
        return {60 * (at + 1): verdict for (at, _), verdict in zip(self.minutes, verdicts, strict=True)}

    @property
    def sight(self) -> Sight:
        return Sight(self.start * 60, ())


def rare(*bursts: tuple[int, int, int]) -> list[int]:
    """A post every three hours, with bursts: minutes before the end, how many, posts a minute."""
    rnd = random.Random(4)
    minutes = [int(rnd.random() < 1 / 180) for _ in range(DAYS * 1_440)]
    for before, length, rate in bursts:
        at = len(minutes) - before
        minutes[at : at + length] = [rate] * length
    return minutes


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a log that reaches as far back as the events do here."""
    return Settings(redis=settings.redis, prefix=settings.prefix, retention=Duration(settings.retention * 4))


async def test_the_worker_judges_as_the_command_does(redis: Redis, settings: Settings) -> None:
    past = Past("event", rare((900, 30, 4), (600, 300, 2), (200, 5, 3), (90, 1, 3)))
    await past.write(redis, settings)
    offline, judgement_of = past.judged(), Judge(redis, settings)
    detected = [at for at, verdict in offline.items() if verdict is not None and verdict.detected]
    minutes = [past.end * 60 - 60 * back for back in (*range(0, 400, 37), 640, 880)]
    assert [at for at in detected if at > past.end * 60 - 86_400]
    rang = 0
    for minute in [*minutes, *(at for at in detected if at > past.end * 60 - 86_400)]:
        found = (await judgement_of.judge([past.event], minute, past.sight))[past.event.tag]
        expected = offline[minute]
        assert expected is not None
        assert expected.score is not None
        assert found.expected == pytest.approx(60 * expected.expected)
        assert found.score == pytest.approx(expected.score)
        assert found.observed == sum(count for at, count in past.minutes if minute - 3_600 <= at * 60 < minute)
        assert (found.detected_at == minute) == expected.detected
        rang += found.detected_at is not None
        assert found.burst == (found.score if found.detected_at else min(found.score, MODEL.score))
        assert found.detected_at is None or found.detected_at in detected
    assert rang > 3


async def test_whoever_judges_next_finds_the_same(redis: Redis, settings: Settings) -> None:
    surging, quiet = Past("surging", rare((50, 50, 2))), Past("quiet", rare())
    for each in (surging, quiet):
        await each.write(redis, settings)
    events, end = [surging.event, quiet.event, event("silent")], surging.end * 60
    one, two = Judge(redis, settings), Judge(redis, settings)
    for minute in range(end - 240, end, 60):
        await one.judge(events, minute, surging.sight)
    await one.prepare(events, end // 3_600, surging.sight)
    found = await one.judge(events, end, surging.sight)
    assert found == await two.judge(events, end, surging.sight)
    await Baselines(redis, settings).forget(end // 3_600 - 1)
    assert found == await Judge(redis, settings).judge(events, end, surging.sight)
    assert found.keys() == {each.tag for each in events}
    assert found[surging.event.tag].burst > 4
    assert found[surging.event.tag].detected_at == next(
        at for at, verdict in surging.judged().items() if verdict and verdict.detected and at > end - 3_600
    )
    assert found[quiet.event.tag].detected_at is None


async def test_whoever_judges_next_takes_over_what_the_hour_should_bring(
    redis: Redis, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    past, young = Past("event", rare()), event("young", since=datetime.now(UTC))
    await past.write(redis, settings)
    events, end, read = [past.event, young], past.end * 60, list[str]()
    found = await Judge(redis, settings).judge(events, end, past.sight)

    async def noting(self: Ladders, tags: Collection[str], hours: Range) -> dict[str, list[int]]:
        read.extend(tags)
        return await hours_of(self, tags, hours)

    hours_of = Ladders.hours
    monkeypatch.setattr(Ladders, "hours", noting)
    assert found.keys() == {past.event.tag}
    assert found == await Judge(redis, settings).judge(events, end, past.sight)
    assert read == []
    # Not what was worked out when something else could be seen, nor what can't be read.
    blind = Sight(past.sight.began, ((end - 90_000, end - 86_400),))
    assert found != await Judge(redis, settings).judge(events, end, blind)
    assert read == [each.tag for each in events]
    await redis.hset(Keys(settings.prefix).baselines((end - 1) // 3_600), past.event.tag, b"spoilt")
    assert found == await Judge(redis, settings).judge(events, end, past.sight)
    assert read == [each.tag for each in (*events, *events)]


async def test_what_was_worked_out_before_counts_went_missing_is_not_taken_over(
    redis: Redis, settings: Settings
) -> None:
    past = Past("event", [count * 40 for count in rare()])
    end = past.end * 60
    (empty,) = (await Judge(redis, settings).judge([past.event], end, past.sight)).values()
    await past.write(redis, settings)
    await Judge(redis, settings).judge([past.event], end, past.sight, is_read=False)
    (found,) = (await Judge(redis, settings).judge([past.event], end, past.sight)).values()
    assert (empty.expected < 0.1, found.expected > 5) == (True, True)


async def test_an_event_too_young_is_not_judged(redis: Redis, settings: Settings) -> None:
    past = Past("event", rare((50, 50, 2)))
    await past.write(redis, settings)
    end = past.end * 60
    young = event("event", since=datetime.fromtimestamp(end - 86_400, UTC))
    assert await Judge(redis, settings).judge([young], end, past.sight) == {}
    assert await Judge(redis, settings).judge([past.event], end, Sight(end - 86_400, ())) == {}


async def test_what_the_log_still_holds_back_is_not_judged_as_quiet(redis: Redis, settings: Settings) -> None:
    past = Past("event", rare((50, 50, 2)))
    await past.write(redis, settings)
    (found,) = (await Judge(redis, settings).judge([past.event], past.end * 60, past.sight, is_read=False)).values()
    assert (found.blind, found.burst, found.score, found.detected_at) == (True, 0, 0, None)
    assert found.expected > 0


async def test_what_was_expected_while_counts_were_missing_does_not_stay(redis: Redis, settings: Settings) -> None:
    minutes = [count * 40 for count in rare()]
    past, judge = Past("event", minutes), Judge(redis, settings)
    end = past.end * 60
    (empty,) = (await judge.judge([past.event], end, past.sight, is_read=False)).values()
    await past.write(redis, settings)
    (found,) = (await judge.judge([past.event], end, past.sight)).values()
    assert empty.expected < 0.1
    assert found.expected > 5
    assert found == (await Judge(redis, settings).judge([past.event], end, past.sight))[past.event.tag]


async def test_what_was_not_seen_is_missing_and_nothing_rings_right_after_it(redis: Redis, settings: Settings) -> None:
    minutes = rare((50, 50, 2))
    minutes[-51 - 300 : -51] = [0] * 300
    past = Past("event", minutes)
    await past.write(redis, settings)
    end = past.end * 60
    outage = (end - 60 * 351, end - 60 * 51)
    judge = Judge(redis, settings)

    async def found(*spells: tuple[int, int], at: int = end) -> tuple[bool, bool]:
        sight = Sight(past.sight.began, spells)
        judgement = (await judge.judge([past.event], at, sight))[past.event.tag]
        return judgement.blind, judgement.burst > MODEL.score

    assert await found() == (False, True)
    assert await found(outage) == (False, False)
    # The last minute itself, or more than half of the hour.
    assert await found((end - 30, end)) == (True, False)
    assert await found((end - 3_000, end - 1_000)) == (True, False)
    # A short one: what is left of the hour is judged as what it is.
    assert await found((end - 400, end - 160)) == (False, True)
    (short,) = (await judge.judge([past.event], end, Sight(past.sight.began, ((end - 400, end - 160),)))).values()
    assert short.observed == sum(minutes[-60:]) - 2 * 5


async def test_a_surge_longer_than_what_is_kept_keeps_its_detection(redis: Redis, settings: Settings) -> None:
    waves = [(26 * 60, 60, 1), (19 * 60, 60, 2), (12 * 60, 60, 4), (5 * 60, 60, 8), (60, 60, 16)]
    past = Past("event", rare(*waves))
    await past.write(redis, settings)
    end, judgements, judge = past.end * 60, Judgements(redis, settings), Judge(redis, settings)
    began = [at for at, verdict in past.judged().items() if verdict and verdict.detected and at > end - 27 * 3_600]
    assert len(began) == 1
    (known,) = (await judge.judge([past.event], end - 60, past.sight)).values()
    assert known.detected_at is not None
    assert known.detected_at > end - 86_400
    await judgements.write({past.event.tag: msgspec.structs.replace(known, detected_at=began[0])})
    (found,) = (await judge.judge([past.event], end, past.sight)).values()
    assert found.detected_at == began[0]
