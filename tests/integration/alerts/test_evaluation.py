"""Alerts on real Kafka and Redis: each transition recorded once, evidence and all, whoever dies, whatever is lost."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from schemas import AlertRule, Connector
from streams.alerts.recorded import recorded
from streams.alerts.state import Mutes, States
from streams.alerts.transitions import STEADY
from streams.connections import admin
from streams.trends.connectors import Connectors
from tests.brokers import Kafka, Redis
from tests.integration.alerts.bench import Bench, Killed, event
from tests.integration.system import System

SWELLS = AlertRule("swells", "count >= 5", window="5m")


@pytest.fixture
async def bench(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> AsyncIterator[Bench]:
    async with Bench(System(kafka, redis_server, prefix, tmp_path)) as made:
        yield made


def clock() -> int:
    return int(time.time())


async def test_a_condition_that_comes_true_is_recorded_with_its_evidence_and_resolves(bench: Bench) -> None:
    now = clock() // 600 * 600 - 300  # authors and texts go by whole ten minutes, none of which ends in the midst
    await bench.serve(event(SWELLS))
    one = bench.evaluation()
    await one.round(now)
    assert await bench.recorded() == []
    await bench.posts(4, now - 20, "the same words", group="other")
    await bench.posts(1, now - 15, "an official word", group="officials", claims=("denied",))
    await bench.posts(2, now - 10)
    await one.round(now)
    await one.round(now + 10)
    (fired,) = await bench.alerts()
    assert (fired.state, fired.reason, fired.backfill) == ("firing", "condition", False)
    assert (fired.event, fired.revision, fired.alert, fired.title) == ("event", "a" * 12, "swells", "A title")
    assert (fired.condition, fired.window, fired.values) == ("count >= 5", "5m", {"count": 7.0})
    assert (fired.posts, fired.authors, fired.texts) == (7, 7, 4)
    assert fired.coverage == {"x": 7}
    assert (fired.claims, fired.groups) == ({"denied": 1}, {"other": 6, "officials": 1})
    assert fired.notify == ("newsroom",)
    assert [(each.text, each.copies) for each in fired.samples] == [
        ("the same words", 4),
        ("an official word", 1),
        ("text 6", 1),
        ("text 5", 1),
    ]
    first = fired.samples[0]
    assert (first.id, first.url, first.author, first.offset) == ("x:0", "https://x.example/0", "ada0", 0)
    (span,) = fired.offsets
    assert (span.topic, span.partition, span.first, span.last) == (bench.system.settings.topic("posts"), 1, 0, 6)
    later = now + 400
    await one.round(later)
    await one.round(later + STEADY - 10)
    assert len(await bench.alerts()) == 1, "false for less than two minutes"
    await one.round(later + STEADY)
    _, resolved = await bench.alerts()
    assert (resolved.state, resolved.reason, resolved.since) == ("resolved", "condition", fired.at)
    assert resolved.transition == fired.transition + 1
    assert resolved.id != fired.id


async def test_two_evaluators_at_once_ring_once(bench: Bench) -> None:
    now = clock()
    await bench.serve(event(SWELLS))
    await bench.posts(6, now)
    evaluations = [bench.evaluation() for _ in range(4)]
    async with recorded(bench.system.settings) as topic:  # so that none sees what another recorded
        await asyncio.gather(*(each.round_with(topic, now) for each in evaluations))
    assert sorted(state for each in evaluations for state in each.states) == ["firing"]
    assert await bench.recorded() == [("firing", "condition")]


async def die_before(_: Callable[[], Awaitable[None]]) -> None:
    raise Killed


async def die_after(send: Callable[[], Awaitable[None]]) -> None:
    await send()
    raise Killed


@pytest.mark.parametrize("die", [die_before, die_after])
@pytest.mark.parametrize("lost", [(), ("states", "judged")])
async def test_a_transition_survives_death_and_the_loss_of_redis(
    bench: Bench, die: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]], lost: tuple[str, ...]
) -> None:
    now = clock()
    await bench.serve(event(SWELLS))
    await bench.posts(6, now)
    with pytest.raises(Killed):
        await bench.evaluation(die).round(now)
    if lost:
        await bench.forget(*lost)
    for seconds in (10, 20):
        await bench.evaluation().round(now + seconds)
    fired = await bench.alerts()
    assert [(each.state, each.reason, each.backfill) for each in fired] == [("firing", "condition", False)]
    ((_, state),) = (await States(bench.link.client, bench.system.settings).read()).items()
    assert (state.phase, state.outbox) == ("firing", b"")
    if lost:  # once more, with nothing but the topic to know it from
        await bench.forget(*lost)
    last = bench.evaluation()
    for seconds in (400, 400 + STEADY):
        await last.round(now + seconds)
    assert await bench.recorded() == [("firing", "condition"), ("resolved", "condition")]


async def test_a_stale_evaluator_moves_nothing(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    now = clock()
    await bench.serve(event(SWELLS))
    await bench.posts(6, now)
    await bench.evaluation().round(now)
    ahead = bench.evaluation()
    for seconds in (400, 400 + STEADY):
        await ahead.round(now + seconds)
    await bench.evaluation().round(now + 100)  # its clock, or its process, stood still
    assert "ahead of this clock stand still" in caplog.text
    assert await bench.recorded() == [("firing", "condition"), ("resolved", "condition")]


async def test_a_removed_event_resolves_and_one_that_is_rebuilt_does_not(bench: Bench) -> None:
    now = clock()
    await bench.serve(event(SWELLS))
    await bench.posts(6, now)
    one = bench.evaluation()
    await one.round(now)
    await bench.catalog.remove("event", 2)
    await one.round(now + 10)
    assert await bench.recorded() == [("firing", "condition")], "it is tracked, and only its counts are not there"
    bench.tracked.clear()
    await one.round(now + 20)
    assert await bench.recorded() == [("firing", "condition"), ("resolved", "removed")]
    (fired, resolved) = await bench.alerts()
    assert (resolved.title, resolved.notify, resolved.since) == (fired.title, fired.notify, fired.at)
    await bench.evaluation().round(now + 30)
    assert len(await bench.alerts()) == 2


async def test_of_a_removed_alert_nothing_is_left_when_the_log_has_forgotten_it(bench: Bench) -> None:
    now, settings = clock(), bench.system.settings
    states = States(bench.link.client, settings)
    await bench.serve(event(SWELLS))
    await bench.posts(6, now)
    one = bench.evaluation()
    async with recorded(settings) as topic:
        await one.round_with(topic, now)
        await bench.catalog.remove("event", 2)
        bench.tracked.clear()
        for seconds in (10, 20):  # the second one reads what the first one wrote
            await one.round_with(topic, now + seconds)
        assert list(await states.read()) == list(topic.last) == [("event", "swells")]
        async with admin(settings) as client:
            await client.delete_records({TopicPartition(settings.topic("alerts"), 0): RecordsToDelete(2)})
        await one.round_with(topic, now + 30)
        assert (await states.read(), topic.last) == ({}, {})


async def test_a_changed_alert_resolves_and_begins_anew(bench: Bench) -> None:
    now = clock()
    await bench.serve(event(SWELLS))
    await bench.posts(6, now)
    one = bench.evaluation()
    await one.round(now)
    await bench.serve(event(AlertRule("swells", "count >= 50"), title="Another title"), 2)
    await one.round(now + 10)
    assert await bench.recorded() == [("firing", "condition"), ("resolved", "changed")]


async def test_what_held_when_a_revision_was_applied_is_marked_as_past_and_so_is_its_end(bench: Bench) -> None:
    now = clock()
    await bench.serve(event(SWELLS, AlertRule("lately", "count >= 9"), age=60))
    await bench.posts(6, now - 120)
    await bench.posts(3, now)  # after it was applied
    one = bench.evaluation()
    await one.round(now)
    for seconds in (400, 400 + STEADY):
        await one.round(now + seconds)
    found = {alert: [(e.state, e.reason, e.backfill) for e in await bench.alerts() if e.alert == alert]
             for alert in ("swells", "lately")}  # fmt: skip
    assert found["swells"] == [("firing", "revision", True), ("resolved", "condition", True)]
    assert found["lately"] == [("firing", "condition", False), ("resolved", "condition", False)]


async def test_a_firing_alert_goes_on_under_a_new_revision(bench: Bench) -> None:
    now = clock()
    await bench.serve(event(SWELLS))
    await bench.posts(6, now)
    one = bench.evaluation()
    await one.round(now)
    await bench.serve(event(SWELLS, revision="b", age=30), 2)
    await bench.posts(6, now)
    await one.round(now + 10)
    assert await bench.recorded() == [("firing", "condition")]


async def test_while_the_log_is_read_far_behind_an_alert_is_marked_and_rings_once_caught_up(bench: Bench) -> None:
    now = clock()
    share = AlertRule("share", "share(claim:denied) < 0.5", window="5m")
    await bench.serve(event(SWELLS, share))
    await bench.posts(6, now)
    one = bench.evaluation()
    await one.round(now, behind=True)
    for seconds in (400, 400 + STEADY):
        await one.round(now + seconds, behind=True)
    marked = [("swells", "behind", True)]
    assert [(each.alert, each.reason, each.backfill) for each in await bench.alerts()] == marked, (
        "nothing else is known"
    )
    await one.round(now + 10)
    rings = [(each.alert, each.reason, each.backfill) for each in await bench.alerts()]
    assert sorted(rings[1:]) == [("share", "condition", False), ("swells", "caught-up", False)]


async def test_a_muted_alert_waits_and_one_that_rings_still_resolves(bench: Bench) -> None:
    now = clock()
    mutes = Mutes(bench.link.client, bench.system.settings)
    await bench.serve(event(SWELLS))
    await bench.posts(6, now)
    await mutes.mute("event", None, 7_200)
    one = bench.evaluation()
    await one.round(now)
    assert await bench.recorded() == []
    assert await mutes.unmute("event")
    assert not await mutes.unmute("event")
    await one.round(now + 10)
    assert await bench.recorded() == [("firing", "condition")]
    await mutes.mute("event", "swells", 7_200)
    for seconds in (400, 400 + STEADY):
        await one.round(now + seconds)
    assert await bench.recorded() == [("firing", "condition"), ("resolved", "condition")]


async def test_shares_rates_and_silence_hold_their_breath_while_a_connector_is_blind(bench: Bench) -> None:
    now = clock()
    silent = AlertRule("silent", "silence", window="1m")
    await bench.serve(event(silent))
    await bench.posts(1, now)
    connectors = Connectors(bench.link.client, bench.system.settings)
    at = datetime.fromtimestamp(now - 5, UTC)
    await connectors.report(Connector("x", "x", at, blind_since=at))
    one = bench.evaluation()
    await one.round(now + 100)
    assert await bench.recorded() == []
    await connectors.remove("x")
    await one.round(now + 110)
    assert await bench.recorded() == [("firing", "condition")]
