"""The life of an alert, step by step: when it rings, when it keeps still, when it has ended."""

import pytest

from schemas import AlertRule
from streams.alerts.conditions import CompiledAlert, parse
from streams.alerts.transitions import DAY, STEADY, Judged, State, end, identity, next_number, step

START = 20_000 * DAY

#: Seconds since the start -> what the condition comes to: y true, n false, ~ false but for the tenth given, ? unknown.
Course = dict[int, str]


def alert(for_: str | None = None, cooldown: str | None = None) -> CompiledAlert:
    return CompiledAlert(AlertRule("a", "count > 3", for_=for_, cooldown=cooldown), parse("count > 3"))


def run(course: Course, of: CompiledAlert, **circumstances: bool) -> list[tuple[int, str, str]]:
    """(second, state, reason) of the transitions made."""
    state = State()
    made: list[tuple[int, str, str]] = []
    for second, found in course.items():
        holds, lingers = {"y": (True, True), "n": (False, False), "~": (False, True), "?": (None, None)}[found]
        state, transition = step(state, of, Judged(START + second, holds, lingers, **circumstances))
        if transition is not None:
            made.append((second, transition.state, transition.reason))
            assert transition.number == next_number(State(), START) + len(made) - 1
    return made


@pytest.mark.parametrize(
    ("course", "for_", "cooldown", "made"),
    [
        ({0: "n", 10: "y", 20: "y"}, None, None, [(10, "firing")]),
        ({0: "y", 10: "n", 20: "n", 130: "n"}, None, None, [(0, "firing"), (130, "resolved")]),
        # Hovering: below for less than two minutes, or by less than a tenth.
        ({0: "y", 10: "n", 60: "y", 70: "n", 180: "y", 190: "n"}, None, None, [(0, "firing")]),
        ({0: "y", 10: "~", 200: "~", 400: "~"}, None, None, [(0, "firing")]),
        # Unknown keeps the state, and what was false before it is not false without a break.
        ({0: "?", 10: "y", 20: "?", 30: "n", 100: "?", 300: "n", 310: "n"}, None, None, [(10, "firing")]),
        ({0: "y", 100: "?", 600: "?", 610: "y"}, "10m", None, [(610, "firing")]),
        # It must hold for a while, without a break.
        ({0: "y", 590: "y", 600: "y"}, "10m", None, [(600, "firing")]),
        ({0: "y", 590: "n", 600: "y", 1_190: "y", 1_200: "y"}, "10m", None, [(1_200, "firing")]),
        # Within the cooldown it keeps still, and rings after it if its condition holds then.
        ({0: "y", 10: "n", 130: "n", 200: "y", 3_500: "y", 3_600: "y"}, None, "1h",
         [(0, "firing"), (130, "resolved"), (3_600, "firing")]),
        ({0: "y", 10: "n", 130: "n", 200: "y", 3_500: "n", 3_600: "n"}, None, "1h", [(0, "firing"), (130, "resolved")]),
    ],
)  # fmt: skip
def test_when_an_alert_rings(
    course: Course, for_: str | None, cooldown: str | None, made: list[tuple[int, str]]
) -> None:
    assert run(course, alert(for_, cooldown)) == [(second, state, "condition") for second, state in made]


def test_a_muted_alert_does_not_begin_to_ring_and_one_that_rings_ends() -> None:
    assert run({0: "y", 10: "y"}, alert(), muted=True) == []
    rings, _ = step(State(), alert(), Judged(START, True, True))
    ending, _ = step(rings, alert(), Judged(START + 10, False, False, muted=True))
    _, transition = step(ending, alert(), Judged(START + 10 + STEADY, False, False, muted=True))
    assert transition is not None
    assert transition.state == "resolved"


def test_what_held_at_the_first_look_is_about_the_past_until_it_ended() -> None:
    of = alert(for_="1m")
    pending, _ = step(State(), of, Judged(START, True, True, first=True))
    fired, transition = step(pending, of, Judged(START + 60, True, True))
    assert transition is not None
    assert (transition.reason, transition.backfill) == ("revision", True)
    assert transition.since == START
    _, same = step(fired, of, Judged(START + 70, True, True))
    assert same is None, "nothing makes it a ring about now"
    broken, _ = step(pending, of, Judged(START + 10, False, False))
    again, _ = step(broken, of, Judged(START + 20, True, True))
    _, now = step(again, of, Judged(START + 80, True, True))
    assert now is not None
    assert (now.reason, now.backfill) == ("condition", False)


def test_what_rang_while_the_log_was_read_far_behind_rings_anew_when_it_is_not() -> None:
    fired, past = step(State(), alert(), Judged(START, True, True, behind=True))
    assert past is not None
    assert (past.reason, past.backfill) == ("behind", True)
    same, none = step(fired, alert(), Judged(START + 10, True, True, behind=True))
    assert (same, none) == (fired, None)
    _, caught_up = step(fired, alert(), Judged(START + 20, True, True))
    assert caught_up is not None
    assert (caught_up.state, caught_up.reason, caught_up.backfill) == ("firing", "caught-up", False)
    assert caught_up.number == past.number + 1


def test_an_alert_that_there_is_no_longer_ends() -> None:
    fired, past = step(State(), alert(), Judged(START, True, True))
    assert past is not None
    ended, transition = end(fired, START + 10, "removed")
    assert transition is not None
    assert (transition.state, transition.reason, transition.since) == ("resolved", "removed", START)
    assert (ended.phase, ended.transition) == ("idle", past.number + 1)
    pending, _ = step(State(), alert("1m"), Judged(START, True, True))
    assert end(pending, START + 10, "changed")[1] is None


def test_no_two_transitions_share_an_id() -> None:
    ids = {
        identity(event, name, revision, number)
        for event in ("a", "ab") for name in ("b", "c") for revision in ("1" * 12, "2" * 12) for number in (1, 11)
    }  # fmt: skip
    assert len(ids) == 16
    assert next_number(State(), START + 8 * DAY) > next_number(State(), START) + 1_000
