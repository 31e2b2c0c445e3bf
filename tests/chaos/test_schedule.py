"""A schedule and a feed are of their seed alone, and leave nothing out."""

from collections import Counter

import pytest

from schemas.dead_letter import Reason
from tests.chaos import schedule
from tests.chaos.feed import DAY, Fed, feed
from tests.chaos.log import as_log
from tests.chaos.schedule import Fault, Point
from tests.chaos.truth import work_out

BASE = 1_795_000_000


def test_a_seed_is_one_schedule_and_another_seed_another() -> None:
    assert schedule.draw(7, 600, 6) == schedule.draw(7, 600, 6)
    assert schedule.draw(7, 600, 6) != schedule.draw(8, 600, 6)
    assert [schedule.arm(7, n) for n in range(50)] == [schedule.arm(7, n) for n in range(50)]


def faults_of(seed: int, cluster: bool = False) -> Counter[Fault]:
    plan = schedule.draw(seed, 600, 6, cluster)
    return Counter(each.fault for track in (plan.workers, plan.guests, plan.servers, plan.rules) for each in track)


@pytest.mark.parametrize("seed", range(1, 6))
def test_two_runs_of_ten_minutes_hold_every_fault(seed: int) -> None:
    assert faults_of(seed).keys() | faults_of(seed, cluster=True).keys() == set(Fault)


@pytest.mark.parametrize("seed", range(1, 6))
def test_ten_minutes_hold_every_point_and_forty_kills(seed: int) -> None:
    plan, faults = schedule.draw(seed, 600, 6), faults_of(seed)
    assert faults[Fault.WORKER_KILL] >= 40
    arms = [armed for n in range(100) if (armed := schedule.arm(seed, n)) is not None]
    assert {point for point, _ in arms} == set(Point)
    zombies = [each.seconds for each in plan.guests if each.fault is Fault.WORKER_ZOMBIE]
    assert min(zombies) > 6


def test_a_seed_is_one_feed() -> None:
    assert list(feed(3, 500, BASE)) == list(feed(3, 500, BASE))
    assert list(feed(3, 500, BASE)) != list(feed(4, 500, BASE))


def test_a_feed_holds_every_operation_every_reason_late_records_and_repeats() -> None:
    fed = list(feed(3, 20_000, BASE))
    truth = work_out(as_log(fed), [], 2 * DAY)
    assert truth.records == len(fed) == 20_000
    assert truth.late > 100
    assert set(truth.bad.values()) == {reason.value for reason in Reason}
    assert max(each.stamp for each in fed) <= BASE * 1_000
    assert len({(each.key, each.value) for each in fed}) < len(fed)


def test_no_timestamp_is_older_than_the_log_is_kept() -> None:
    def age(each: Fed) -> float:
        return BASE - each.stamp / 1_000

    assert max(age(each) for each in feed(3, 5_000, BASE)) < 6.5 * DAY
