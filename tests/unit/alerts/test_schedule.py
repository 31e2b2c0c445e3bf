"""When a failed message is tried again, and how an endpoint's progress moves."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas import Alert
from schemas.delivery import Message, Progress, Redelivery
from streams.alerts.delivery import progress, schedule
from streams.alerts.delivery.schedule import Pace, asked_wait, wait

NOW = datetime(2025, 3, 14, 12, tzinfo=UTC)
PACE = Pace()
HOUR = 3_600


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("retries", "seconds"),
    [(0, 5), (1, 300), (2, 1_800), (3, 2 * HOUR), (4, 5 * HOUR), (5, 10 * HOUR), (6, 14 * HOUR), (7, 20 * HOUR),
     (8, 24 * HOUR), (9, 24 * HOUR), (40, 24 * HOUR)],
)  # fmt: skip
def test_waits_are_those_of_the_design_and_up_to_a_tenth_longer(retries: int, seconds: float) -> None:
    assert wait(retries, 0.0) == seconds
    assert wait(retries, 0.5) == pytest.approx(seconds * 1.05)
    assert wait(retries, 0.999) < seconds * 1.1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120), (" 7 ", 7), ("0", 5), ("1", 5), ("99999999", 86_400), ("9" * 500, 86_400),
        ("Fri, 14 Mar 2025 12:10:00 GMT", 600), ("Fri, 14 Mar 2025 11:00:00 GMT", 5),
        ("Fri, 14 Mar 2025 12:10:00", 600), ("Friday, 14-Mar-25 12:10:00 GMT", 600),
        ("Fri, 14 Mar 2030 12:00:00 GMT", 86_400),
        (None, None), ("", None), ("soon", None), ("-5", None), ("1.5", None), ("٣", None), ("1e3", None),
    ],
)  # fmt: skip
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert asked_wait(header, NOW) == seconds


def failing(times: int, apart: float = 0.0) -> Progress:
    state, now = Progress(endpoint="e"), NOW
    for _ in range(times):
        now = max(now, state.next_at or now) + timedelta(seconds=apart)
        state = progress.failed(progress.begun(state, now), now, None, 0.0, PACE)
    return state


def test_a_failure_uses_up_the_schedule_one_wait_after_the_other() -> None:
    state = failing(4)
    assert (state.attempts, state.retries) == (4, 4)
    assert state.failing_since == NOW
    assert state.next_at == at(5 + 300 + 1_800 + 2 * HOUR)


def test_what_the_receiver_asks_for_takes_the_place_of_the_schedules_wait() -> None:
    state = progress.failed(progress.begun(Progress(endpoint="e"), NOW), NOW, 120, 0.0, PACE)
    assert (state.next_at, state.held, state.retries) == (at(120), True, 1)


def test_an_attempt_before_its_time_uses_up_nothing() -> None:
    state = failing(3)
    early = progress.failed(progress.begun(state, at(600)), at(600), None, 0.0, PACE)
    assert (early.next_at, early.retries) == (state.next_at, state.retries)


def test_five_days_of_failure_disable() -> None:
    state = failing(11)
    assert state.disabled is None
    assert state.next_at is not None
    assert state.next_at - NOW > timedelta(seconds=schedule.GIVE_UP)
    last = progress.failed(progress.begun(state, state.next_at), state.next_at, None, 0.0, PACE)
    assert (last.disabled, last.next_at) == ("failing", None)


def test_410_disables_at_once() -> None:
    assert progress.gone(Progress(endpoint="e"), NOW).disabled == "gone"


def message(sequence: int, state: str = "firing") -> Message:
    alert = Alert(
        id=f"{sequence}", event="kursk", revision="r", alert="surge", state=state, at=NOW, window="5m", condition="c"  # type: ignore[arg-type]
    )  # fmt: skip
    return Message(
        id=f"m{sequence}", type="alert.firing", endpoint="e", sequence=sequence, timestamp=NOW, alerts=(alert,)
    )


def test_success_clears_what_failed_and_goes_on_to_the_next() -> None:
    state = progress.succeeded(failing(3), message(1), remind=False)
    assert state == Progress(endpoint="e", delivered=1, reached=1)


def test_what_fires_is_noted_until_it_is_resolved() -> None:
    state = progress.succeeded(Progress(endpoint="e"), message(1), remind=True)
    assert state.firing == {"kursk/surge": 1}
    assert progress.succeeded(state, message(2, "resolved"), remind=True).firing == {}


@pytest.mark.parametrize(
    ("after", "first", "delivered"),
    [(None, 1, 7), (3, 1, 3), (0, 1, 0), (0, 5, 4), (7, 1, 7), (99, 1, 7)],
)
def test_a_redelivery_goes_back_as_far_as_messages_are_kept(after: int | None, first: int, delivered: int) -> None:
    state = Progress(
        endpoint="e", delivered=7, reached=7, attempts=3, retries=3, disabled="gone", next_at=NOW, failing_since=NOW
    )
    asked = progress.asked(state, Redelivery("e", at(40), after), first)
    assert asked == Progress(endpoint="e", delivered=delivered, reached=7, asked=at(40))
