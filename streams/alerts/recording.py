"""Records each transition once, whatever dies in between. It goes three steps:

1. The state moves, by compare-and-set, and holds the whole record in its outbox. Of two evaluators one succeeds.
2. The record goes into the topic `alerts`.
3. Once Kafka has confirmed it, the outbox is emptied.

Who comes after a crash between 1 and 2 finds the outbox full and the topic without that transition, and publishes it;
between 2 and 3 he finds the transition in the topic, for he reads along, and only empties the outbox. A record whose
confirmation was lost, or that a paused evaluator sends late, is the same record under the same id: readers drop it.

Where Redis forgot, the topic knows of a later transition than the state, and the state is put back to it; what was in
an outbox alone is judged anew, under the same number and so the same id. What the topic no longer holds either (after
its retention) begins as idle, and rings again if its condition holds.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from schemas import Alert
from schemas.codec import decode_alert, encode
from streams.alerts.recorded import Recorded, bare
from streams.alerts.state import Move, Name, States
from streams.alerts.transitions import State, Transition, identity

log = logging.getLogger(__name__)

#: Transitions that are recorded at a time: the first ones of a storm are not kept waiting by the last.
_TOGETHER = 20


class Measures(Protocol):
    """What evaluating tells of itself."""

    def evaluated(self, seconds: float) -> None:
        """A round took so long."""

    def moved(self, state: str) -> None:
        """A transition to this state was made."""


@dataclass(frozen=True, slots=True)
class Made:
    """A transition from the state that was seen to the next one; `record` gathers its record."""

    name: Name
    before: State
    after: State
    transition: Transition
    record: Callable[[], Awaitable[Alert]]


class Recording:
    """The three steps. `publish` returns when Kafka has confirmed the records, in order."""

    def __init__(
        self, states: States, publish: Callable[[Sequence[Alert]], Awaitable[None]], measures: Measures
    ) -> None:
        self._states = states
        self._publish = publish
        self._measures = measures

    async def restored(self, topic: Recorded, at: int) -> dict[Name, State]:
        """The states, put back to where the topic says they were, their outboxes in the topic and empty."""
        states = await self._states.read()
        forgotten = [
            Move(name, state, _state_of(alert, state), max(at, state.at))
            for name, alert in topic.last.items()
            if (state := states.get(name, State())).transition < alert.transition
        ]
        if forgotten:
            log.warning("Redis has forgotten where %d alerts stand; the topic knows", len(forgotten))
            await self._move(forgotten, states)
        left = [(name, state, decode_alert(state.outbox)) for name, state in states.items() if state.outbox]
        missing = [alert for name, _, alert in left if not _has(topic, name, alert)]
        if missing:
            await self._publish(missing)
        await self._empty([(name, state) for name, state, _ in left], states)
        return states

    async def make(
        self, made: Sequence[Made], states: dict[Name, State], at: int, go_on: Callable[[], Awaitable[object]]
    ) -> None:
        """Make these transitions, some at a time; `go_on` is called before each time."""
        for start in range(0, len(made), _TOGETHER):
            await go_on()
            some = made[start : start + _TOGETHER]
            alerts = await asyncio.gather(*(each.record() for each in some))
            moves = [
                Move(each.name, each.before, _with_record(each.after, alert), at)
                for each, alert in zip(some, alerts, strict=True)
            ]
            moved = await self._move(moves, states)
            mine = [(name, alert) for (name, alert) in zip([each.name for each in some], alerts, strict=True)
                    if name in moved]  # fmt: skip
            for _, alert in mine:
                self._measures.moved(alert.state)
                log.info("Alert %s of %s: %s (%s)", alert.alert, alert.event, alert.state, alert.reason)
            if mine:
                await self._publish([alert for _, alert in mine])
                await self._empty([(name, states[name]) for name, _ in mine], states)

    async def _empty(self, full: Sequence[tuple[Name, State]], states: dict[Name, State]) -> None:
        moves = [
            Move(name, state, msgspec.structs.replace(state, move=state.move + 1, outbox=b""), state.at)
            for name, state in full
        ]
        await self._move(moves, states)

    async def _move(self, moves: Sequence[Move], states: dict[Name, State]) -> set[Name]:
        """Make moves and note in `states` those that were made; their names."""
        made = {each.name for each, moved in zip(moves, await self._states.move(moves), strict=True) if moved}
        states |= {each.name: each.after for each in moves if each.after is not None and each.name in made}
        return made


def last_words(made: State, transition: Transition, name: Name, at: int) -> Callable[[], Awaitable[Alert]]:
    """What gathers the record of the end of an alert that can't be judged any more: what it rang with."""

    async def record() -> Alert:
        rung = decode_alert(made.rung)
        return msgspec.structs.replace(
            rung,
            id=identity(*name, rung.revision, transition.number),
            state="resolved",
            reason=transition.reason,
            transition=transition.number,
            at=datetime.fromtimestamp(at, UTC),
            since=rung.at,
        )

    return record


def _with_record(state: State, alert: Alert) -> State:
    rung = encode(bare(alert)) if alert.state == "firing" else b""
    return msgspec.structs.replace(state, rung=rung, outbox=encode(alert))


def _has(topic: Recorded, name: Name, alert: Alert) -> bool:
    known = topic.last.get(name)
    return known is not None and known.transition >= alert.transition


def _state_of(alert: Alert, before: State) -> State:
    """The state that the last recorded transition left."""
    at = int(alert.at.timestamp())
    since = int((alert.since or alert.at).timestamp())
    if alert.state == "resolved":
        return State(before.move + 1, at, rang=since, transition=alert.transition)
    return State(
        before.move + 1,
        at,
        phase="firing",
        since=since,
        rang=at,
        transition=alert.transition,
        backfill=("behind" if alert.reason == "behind" else "revision") if alert.backfill else "",
        rung=encode(alert),
    )
