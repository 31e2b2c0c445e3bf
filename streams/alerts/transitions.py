"""The life of one alert: idle, pending, firing, and what moves it. Pure: what the condition came to is handed in.

A condition that becomes true makes the alert pending; when it has held for `for:`, and the alert is neither muted nor
within its cooldown, the alert fires. It resolves when the condition has been false by a tenth, and without a break for
`STEADY` seconds: what hovers at its threshold rings once. Unknown keeps the state. `cooldown:` counts from the ring.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

import msgspec

from schemas.alert import Reason
from streams.alerts.conditions import CompiledAlert

STEADY = 120
"""Seconds for which the condition of a firing alert must be false before it resolves."""

DAY = 86_400


class State(msgspec.Struct, frozen=True, array_like=True):
    """Where an alert stands. Instants are unix seconds; `move` counts changes, `transition` those that are recorded.

    `since`: from when the condition held (pending, firing); `rang`: when it last began to ring; `false_since`: from
    when the condition of a firing alert has been false; `backfill`: why its ring counts as one about the past, or
    nothing; `mark`: the condition that it was judged by. `rung` is the record of its ring without samples, while it
    rings; `outbox` the record of the last transition until the topic has confirmed it.
    """

    move: int = 0
    at: int = 0
    phase: Literal["idle", "pending", "firing"] = "idle"
    since: int = 0
    rang: int = 0
    false_since: int = 0
    transition: int = 0
    backfill: Literal["", "revision", "behind"] = ""
    mark: str = ""
    rung: bytes = b""
    outbox: bytes = b""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a condition came to at `at`: `holds`, and `lingers` (with a tenth given); None: unknown.

    `first`: at the first look at a revision's counts, and it held already when the revision was applied; `behind`: the
    log is read far behind; `muted`: it is not to begin to ring.
    """

    at: int
    holds: bool | None
    lingers: bool | None
    first: bool = False
    behind: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """A move that is recorded. `since` as the record has it; `backfill` marks one about the past."""

    state: Literal["firing", "resolved"]
    reason: Reason
    number: int
    since: int
    backfill: bool


def step(state: State, alert: CompiledAlert, judged: Judged) -> tuple[State, Transition | None]:
    """The next state, and the transition made; the same state where nothing moves."""
    if state.phase == "firing":
        return _firing(state, judged)
    at = judged.at
    if not judged.holds:
        if judged.holds is None or state.phase == "idle":
            return state, None
        return _moved(state, at, phase="idle", since=0, backfill=""), None
    if state.phase == "idle":
        # It may have held for long: whatever comes of it is about the past.
        since_when = "revision" if judged.first else ""
        state = _moved(state, at, phase="pending", since=at, backfill=since_when, mark=alert.mark)
    cooling = state.rang > 0 and at < state.rang + alert.cooldown
    if at - state.since < alert.must_hold or cooling or judged.muted:
        return state, None
    backfill = state.backfill or ("behind" if judged.behind else "")
    number = next_number(state, at)
    fired = _moved(state, at, phase="firing", rang=at, false_since=0, transition=number, backfill=backfill)
    return fired, Transition("firing", backfill or "condition", number, state.since, bool(backfill))


def end(state: State, at: int, reason: Literal["removed", "changed"]) -> tuple[State, Transition | None]:
    """The state of an alert that there is no longer, or not as it was, and the transition where it rang."""
    if state.phase != "firing":
        return _moved(state, at, phase="idle", since=0, backfill="", mark=""), None
    resolved, transition = _resolve(state, at, reason)
    return msgspec.structs.replace(resolved, mark=""), transition


def next_number(state: State, at: int) -> int:
    """The number of the next transition: one more, but for the first ever, which begins at a number of its day.

    So an alert of which Redis and the topic have forgotten everything doesn't take up numbers that it had.
    """
    return state.transition + 1 if state.transition else at // DAY * 1_000


def identity(event: str, alert: str, revision: str, number: int) -> str:
    """The id of a transition: the same whoever makes it, and however often."""
    return blake2b(f"{event}\n{alert}\n{revision}\n{number}".encode(), digest_size=16).hexdigest()


def _firing(state: State, judged: Judged) -> tuple[State, Transition | None]:
    at = judged.at
    if judged.lingers is False:
        if not state.false_since:
            return _moved(state, at, false_since=at), None
        if at - state.false_since < STEADY:
            return state, None
        return _resolve(state, at, "condition")
    if state.backfill == "behind" and judged.holds and not judged.behind and not judged.muted:
        # What was marked while the log was read far behind is true of now: it rings.
        number = next_number(state, at)
        caught_up = _moved(state, at, rang=at, false_since=0, transition=number, backfill="")
        return caught_up, Transition("firing", "caught-up", number, state.since, False)
    if state.false_since:
        return _moved(state, at, false_since=0), None
    return state, None


def _resolve(state: State, at: int, reason: Reason) -> tuple[State, Transition]:
    number = next_number(state, at)
    resolved = _moved(state, at, phase="idle", since=0, false_since=0, transition=number, backfill="")
    return resolved, Transition("resolved", reason, number, state.rang, bool(state.backfill))


def _moved(state: State, at: int, **changes: object) -> State:
    return msgspec.structs.replace(state, move=state.move + 1, at=at, **changes)
