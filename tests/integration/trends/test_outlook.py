"""What readers are told of the past: the band that a step had when it came, and None where nothing is known."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from schemas import Connector, Spell
from streams.settings import Duration, Settings
from streams.trends.bursts import Verdict
from streams.trends.connectors import Connectors
from streams.trends.judgements import Judgements
from streams.trends.judging import Judge
from streams.trends.outlook import SPANS, Outlook
from streams.trends.sight import Sights
from tests.integration.trends.test_judging import Past, event, rare


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a log that reaches as far back as the events do here."""
    return Settings(redis=settings.redis, prefix=settings.prefix, retention=Duration(settings.retention * 4))


async def test_a_curve_has_the_band_that_judging_had(redis: Redis, settings: Settings) -> None:
    past = Past("event", rare((900, 30, 4), (200, 5, 3)))
    await past.write(redis, settings)
    await Sights(redis, settings).note(past.start * 60)
    curve = await Outlook(redis, settings).curve(past.event, "1h")
    offline: dict[int, Verdict | None] = past.judged()
    assert (curve.step, len(curve.posts), curve.blind) == (60, 60, ())
    compared = 0
    for number, (count, expected, lower, upper) in enumerate(
        zip(curve.posts, curve.expected, curve.lower, curve.upper, strict=True)
    ):
        verdict = offline.get(curve.start + 60 * (number + 1))
        if verdict is not None:  # the last minutes may have begun after the series
            compared += 1
            assert count == dict(past.minutes)[curve.start // 60 + number]
            assert expected == pytest.approx(verdict.expected)
            assert (lower, upper) == (verdict.lower, verdict.upper)
    assert compared > 50


async def test_of_what_was_not_seen_and_of_what_was_before_nothing_is_said(redis: Redis, settings: Settings) -> None:
    past = Past("event", rare((900, 30, 4)))
    await past.write(redis, settings)
    end = past.end * 60
    at = datetime.fromtimestamp(end, UTC)
    spell = Spell(at - timedelta(hours=5), at - timedelta(hours=3))
    await Connectors(redis, settings).report(Connector("x", "x", at, blind=(spell,)))
    outlook = Outlook(redis, settings)
    nothing = await outlook.curve(past.event, "7d")
    assert (set(nothing.posts), set(nothing.expected)) == ({None}, {None})
    await Sights(redis, settings).note(end - 4 * 86_400)
    for span in ("24h", "7d", "28d"):
        curve = await outlook.curve(past.event, span)
        step, n = SPANS[span]
        assert len(curve.posts) == len(curve.expected) == len(curve.lower) == len(curve.upper) == n
        for number, (count, expected) in enumerate(zip(curve.posts, curve.expected, strict=True)):
            begins = curve.start + number * step
            covered = spell.since.timestamp() <= begins and begins + step <= spell.until.timestamp()
            before = begins < end - 4 * 86_400
            assert (count is None) == (covered or before), (span, begins)
            assert (expected is None) >= (begins < end - 3 * 86_400), (span, begins)
        assert curve.blind == ((int(spell.since.timestamp()), int(spell.until.timestamp())),)
        assert curve.expected[-1] is not None


async def test_a_past_minute_is_judged_as_it_was_then(redis: Redis, settings: Settings) -> None:
    past, young = Past("event", rare((300, 40, 2))), event("young", since=datetime.now(UTC))
    await past.write(redis, settings)
    await Sights(redis, settings).note(past.start * 60)
    outlook, end = Outlook(redis, settings), past.end * 60
    then = {}
    for minute in (end - 270 * 60, end - 60 * 60):
        then = await Judge(redis, settings).judge([past.event, young], minute, past.sight)
        assert await outlook.judgements([past.event, young], minute + 59) == then
    assert then.keys() == {past.event.tag}
    assert await outlook.judgements([past.event], int(time.time()) - 3 * 86_400) == {}
    assert await outlook.judgements([past.event]) == {}
    await Judgements(redis, settings).write(then)
    assert await outlook.judgements([past.event]) == then
