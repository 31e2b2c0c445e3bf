"""Which alerts are due: what a round has to judge of all that is served.

Due are alerts whose event changed since the last round, those not idle, those whose conditions time itself can make
true (until nothing is left in their windows), and those last found unknown. What a condition comes to is handed in.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from schemas import TrackedEvent
from streams.alerts.conditions import CompiledAlert, Values, compile_alert, needs_posts
from streams.alerts.state import Name
from streams.alerts.transitions import State
from streams.alerts.values import Asking
from streams.matching import RuleError
from streams.trends import Windows

log = logging.getLogger(__name__)

#: Seconds for which a changed event's alerts are judged again: a judgement of its burst may take so long to come.
_JUDGED_WITHIN = 180
#: Events whose changes are asked about at a time; events between two yields to the loop.
_PORTION = 500
_SLICE = 100


@dataclass(slots=True)
class Watched:
    """One revision of an event, and those of its alerts that can be used; when its counts last changed.

    `resting`: the alerts that only a new post can make true, as things stand; `unknown`: those last found so.
    """

    event: TrackedEvent
    alerts: tuple[CompiledAlert, ...]
    changes: tuple[int, int] | None = None
    changed_at: int = 0
    resting: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)


class Watch:
    """The events that are served, by id, and what the rounds so far found of each."""

    def __init__(self, windows: Windows) -> None:
        self.events: dict[str, Watched] = {}
        self._serving: Mapping[str, TrackedEvent] = {}
        self._windows = windows

    async def take_over(self, serving: Mapping[str, TrackedEvent]) -> None:
        """Take over what is served now; what did not change stays as it is known."""
        if serving is self._serving:
            return
        for event_id in self.events.keys() - serving.keys():
            del self.events[event_id]
        for i, (event_id, event) in enumerate(serving.items()):
            known = self.events.get(event_id)
            if known is None or known.event != event:
                self.events[event_id] = Watched(event, tuple(_compiled(event)))
            if i % _SLICE == 0:
                await asyncio.sleep(0)
        self._serving = serving

    async def due(self, states: Mapping[Name, State], at: int) -> list[Asking]:
        """What there is to judge at `at` (unix seconds). Raises what Redis raises."""
        await self._note_changes(at)
        asking = []
        for i, (event_id, watched) in enumerate(self.events.items()):
            due = [
                alert
                for alert in watched.alerts
                if at - watched.changed_at <= _hot(alert, resting=alert.rule.name in watched.resting)
                or alert.rule.name in watched.unknown
                or ((state := states.get((event_id, alert.rule.name))) is not None and state.phase != "idle")
            ]
            if due:
                asking.append(Asking(watched.event, due))
            if i % _PORTION == 0:
                await asyncio.sleep(0)
        return asking

    def note(self, event: TrackedEvent, alert: CompiledAlert, values: Values, true: bool | None) -> None:
        """Keep what an alert was found to be."""
        watched, name = self.events[event.id], alert.rule.name
        for noted, is_so in (
            (watched.unknown, true is None),
            (watched.resting, true is False and needs_posts(alert.condition, values)),
        ):
            if is_so:
                noted.add(name)
            else:
                noted.discard(name)

    async def _note_changes(self, at: int) -> None:
        tags = {watched.event.tag: watched for watched in self.events.values() if watched.alerts}
        names = list(tags)
        for start in range(0, len(names), _PORTION):
            for tag, changes in (await self._windows.changes(names[start : start + _PORTION])).items():
                if tags[tag].changes != changes:
                    tags[tag].changes, tags[tag].changed_at = changes, at


def _compiled(event: TrackedEvent) -> Iterator[CompiledAlert]:
    for rule in event.alerts:
        try:
            yield compile_alert(rule, event)
        except RuleError as problem:  # applied by something that doesn't check, or by another release
            log.error("An alert of %s cannot be used: %s", event.id, problem)


def _hot(alert: CompiledAlert, *, resting: bool) -> int:
    """Seconds after a change for which time, or a judgement to come, can make the condition true."""
    late = _JUDGED_WITHIN if any(quantity.function == "burst" for quantity in alert.asks) else 0
    if resting:
        return late
    return max(late, 2 * alert.window + 600)  # different authors and texts go by ten minutes
