"""Judges every alert's condition, every ten seconds, and hands transitions on to be recorded.

Run one in every worker; a lease lets one work, and two at once are harmless. Knows neither Kafka's log nor workers: how
far the log is read, and what is tracked, is handed in.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from schemas import Alert, TrackedEvent
from streams.alerts.conditions import CompiledAlert, holds
from streams.alerts.evidence import Evidence
from streams.alerts.recorded import Recorded, recorded
from streams.alerts.recording import Made, Measures, Recording, last_words
from streams.alerts.state import Move, Mutes, Name, States
from streams.alerts.transitions import DAY, Judged, State, end, step
from streams.alerts.values import Asking, Readings
from streams.alerts.watching import Watch
from streams.evidence import Postings
from streams.settings import Settings
from streams.trends import Catalog, Lease, Windows
from streams.trends.connectors import Connectors, blind_spells
from streams.trends.scripts import Client

log = logging.getLogger(__name__)

ROUND = 10.0
"""Seconds between the beginnings of two rounds."""

FAR_BEHIND = 600
"""Seconds: while what Kafka got before them is not all counted, the log is read far behind."""

#: Seconds that the lease outlives its holder.
LEASE_SECONDS = 20
#: Seconds by which a worker's clock may be ahead of the next one's before it is said.
_AHEAD = 60
#: Alerts between two yields to the loop.
_SLICE = 100
_IDLE = State()


class Evaluator:
    """Judges and records.

    `publish` returns when Kafka has confirmed the records, in order; `is_tracked` says of an event that no revision
    serves whether it is tracked nonetheless, its counts being made.
    """

    def __init__(
        self,
        settings: Settings,
        redis: Client,
        catalog: Catalog,
        postings: Postings,
        publish: Callable[[Sequence[Alert]], Awaitable[None]],
        is_tracked: Callable[[str], bool],
        measures: Measures,
    ) -> None:
        self._settings = settings
        self._catalog = catalog
        self._is_tracked = is_tracked
        self._measures = measures
        self._states = States(redis, settings)
        self._recording = Recording(self._states, publish, measures)
        self._mutes = Mutes(redis, settings)
        self._readings = Readings(redis, settings)
        self._evidence = Evidence(redis, settings, postings)
        self._connectors = Connectors(redis, settings)
        self._lease = Lease(redis, settings, "alerts", secrets.token_hex(8), LEASE_SECONDS)
        self._watch = Watch(Windows(redis, settings))
        self._judged: dict[str, str] | None = None

    async def follow(self, is_read: Callable[[int], Awaitable[bool]]) -> None:
        """Evaluate while the lease is ours, for ever; `is_read`: whether all that Kafka got before then is counted.

        Raises what Redis and Kafka raise: whoever runs this restarts it.
        """
        while True:
            if await self._lease.take():
                try:
                    async with recorded(self._settings) as topic:
                        await self._hold(topic, is_read)
                finally:
                    await self._lease.release()
            await asyncio.sleep(1)

    async def _hold(self, topic: Recorded, is_read: Callable[[int], Awaitable[bool]]) -> None:
        self._judged = None
        while await self._lease.renew():
            began, now = time.monotonic(), int(time.time())
            await self.round(topic, now, behind=not await is_read(now - FAR_BEHIND))
            took = time.monotonic() - began
            self._measures.evaluated(took)
            await asyncio.sleep(max(1.0, ROUND - took))

    async def round(self, topic: Recorded, at: int, *, behind: bool) -> None:
        """Judge what there is to judge at `at` (unix seconds), and record what moved."""
        await topic.catch_up()
        states = await self._recording.restored(topic, at)
        ahead = max((state.at - at for state in states.values()), default=0)
        if ahead > _AHEAD:
            log.warning("Alerts judged up to %d s ahead of this clock stand still for so long: `tocsin doctor`", ahead)
        await self._watch.take_over(await self._catalog.serving())
        await self._end(topic, states, at)
        await self._judge(states, at, behind=behind)
        await self._states.keep()

    async def _end(self, topic: Recorded, states: dict[Name, State], at: int) -> None:
        """End the alerts that there are no longer, or not as they were judged."""
        made: list[Made] = []
        moves: list[Move] = []
        for name, state in states.items():
            watched = self._watch.events.get(name[0])
            if watched is None and self._is_tracked(name[0]):
                continue  # its counts are being made anew
            alert = next((each for each in watched.alerts if each.rule.name == name[1]), None) if watched else None
            if alert is not None and state.mark in ("", alert.mark):
                continue
            after, transition = end(state, at, "changed" if watched else "removed")
            if transition is not None:
                made.append(Made(name, state, after, transition, last_words(state, transition, name, at)))
            elif alert is None and name not in topic.last:
                moves.append(Move(name, state, None, at))
            elif state.phase != "idle":
                moves.append(Move(name, state, after, at))
        await self._states.move(moves)
        for each in moves:
            del states[each.name]
            if each.after is not None:
                states[each.name] = each.after
        await self._recording.make(made, states, at, self._lease.renew)

    async def _judge(self, states: dict[Name, State], at: int, *, behind: bool) -> None:
        if self._judged is None:
            self._judged = await self._states.judged()
        asking = await self._watch.due(states, at)
        blind = blind_spells((await self._connectors.reports()).values(), at)
        mutes = await self._mutes.all()
        texts_until = time.monotonic() + ROUND / 2
        made: list[Made] = []
        moves: list[Move] = []
        for i, (asked, found) in enumerate(zip(asking, await self._readings.values(asking, at, blind), strict=True)):
            event = asked.event
            is_new = _is_just_applied(event, at) and self._judged.get(event.id) != event.revision
            for alert, values in zip(asked.alerts, found, strict=True):
                name = (event.id, alert.rule.name)
                muted = (event.id, "") in mutes or name in mutes
                true = holds(alert.condition, values)
                first = is_new and true is True and await self._held_before(event, alert)
                before = states.get(name, _IDLE)
                # Only what rings can linger.
                still = holds(alert.condition, values, lean=1) if before.phase == "firing" else true
                if behind:
                    # Too little is counted: what is enough already is true, all else is not known.
                    true, still = (true or None, still or None) if alert.needs_posts else (None, None)
                judged = Judged(at, true, still, first, behind, muted)
                self._watch.note(event, alert, values, judged.holds)
                after, transition = step(before, alert, judged)
                if transition is not None:
                    record = partial(self._evidence.gather, event, alert, values, transition, at, texts_until)
                    made.append(Made(name, before, after, transition, record))
                elif after is not before:
                    moves.append(Move(name, before, after if after.phase != "idle" or after.transition else None, at))
            if i % _SLICE == 0:
                await asyncio.sleep(0)
        await self._states.move(moves)
        await self._recording.make(made, states, at, self._lease.renew)
        # After the states: who comes after a crash in between judges them as at the first look once more.
        await self._note_judged()

    async def _held_before(self, event: TrackedEvent, alert: CompiledAlert) -> bool:
        """Whether, by the counts of this revision, the condition held already when it was applied."""
        minute = int(event.applied_at.timestamp()) // 60 * 60 - 1  # whole ones: a bucket may hold what came later
        ((values,),) = await self._readings.values([Asking(event, [alert])], minute, ())
        return holds(alert.condition, values) is not False

    async def _note_judged(self) -> None:
        assert self._judged is not None
        news = {
            event_id: watched.event.revision
            for event_id, watched in self._watch.events.items()
            if watched.alerts and self._judged.get(event_id) != watched.event.revision
        }
        if news:
            gone = [event_id for event_id in self._judged if not self._is_tracked(event_id)]
            await self._states.note_judged(news, gone)
            self._judged |= news
            for event_id in gone:
                del self._judged[event_id]


def _is_just_applied(event: TrackedEvent, at: int) -> bool:
    """Whether its first counts may be a back-fill's; of one that is older Redis has forgotten that it was judged."""
    return at - event.applied_at.timestamp() < DAY
