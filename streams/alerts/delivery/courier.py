"""One endpoint's courier: its messages one after the other, each until it arrives, and reminders of what still fires.

At most one request is under way, so the order holds; nobody else waits for it. Each attempt is written down before it
is made, and what came of it after, so that whoever takes over goes on from there.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections import deque
from datetime import UTC, datetime

from schemas import Alert
from schemas.delivery import Message, Progress
from streams.alerts.delivery import bodies, progress
from streams.alerts.delivery.book import GROUP_EVERY, Entry, Line
from streams.alerts.delivery.endpoints import Endpoint
from streams.alerts.delivery.journal import Journal
from streams.alerts.delivery.measures import Measures
from streams.alerts.delivery.schedule import Pace
from streams.alerts.delivery.sending import Outcome, Wire

log = logging.getLogger(__name__)

#: Seconds after an attempt in which a new alert doesn't lead to another one before it is due.
_CALM = 300
#: Seconds over which an endpoint's most requests count.
_MINUTE = 60


class Courier:
    """Delivers one line's messages to one endpoint, which may be exchanged for another of its name."""

    def __init__(
        self,
        endpoint: Endpoint,
        line: Line,
        journal: Journal,
        assigning: asyncio.Lock,
        measures: Measures,
        pace: Pace,
    ) -> None:
        """`assigning` is held by whoever writes messages."""
        self.line = line
        self.open_group: Message | None = None
        """The last message, where it is a group that may still grow; taken away when it is about to be sent."""
        self._endpoint = endpoint
        self._wire = Wire(endpoint, pace)
        self._journal = journal
        self._assigning = assigning
        self._measures = measures.of(endpoint.name, line)
        self._pace = pace
        self._changed = asyncio.Event()
        self._retired = False
        self._prompted = False
        self._requests: deque[float] = deque()
        self._reminded = time.monotonic()

    def serve(self, endpoint: Endpoint | None) -> None:
        """Go on with this endpoint; None: end, when the attempt in hand is over."""
        if self._retired or endpoint != self._endpoint:
            self._retired = endpoint is None
            self._endpoint = endpoint or self._endpoint
            self._changed.set()

    def new_messages(self) -> None:
        """Messages were added to the line: the first one's next attempt need not wait for its schedule."""
        self._prompted = True
        self._changed.set()

    def wake(self) -> None:
        """The line holds something new: what a person asked for is done when the attempt in hand is over."""
        self._changed.set()

    async def run(self) -> None:
        """Deliver until retired. Ends by an error only where nothing can be written any more."""
        try:
            while not self._retired:
                await self._begin_what_is_asked()
                self._measures.show(self.line)
                seconds = self._seconds_to_wait()
                if seconds > 0:
                    await self._wait(seconds)
                    continue
                if self._wire.endpoint != self._endpoint:
                    await self._wire.close()
                    self._wire = Wire(self._endpoint, self._pace)
                if self._due() <= 0:
                    await self._deliver()
                else:
                    await self._remind()
        finally:
            await self._wire.close()

    async def _begin_what_is_asked(self) -> None:
        redelivery = self.line.redelivery
        if redelivery is not None and redelivery.at != self.line.progress.asked:
            log.info("Endpoint %s is tried again, as asked", self._endpoint.name)
            await self._write(progress.asked(self.line.progress, redelivery, self.line.first))

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, _MINUTE)):
                await self._changed.wait()
        self._changed.clear()

    def _seconds_to_wait(self) -> float:
        return max(min(self._due(), self._reminder_due()), self._busy())

    def _due(self) -> float:
        """Seconds until the next message may be tried."""
        state, head = self.line.progress, self.line.head
        if head is None or state.disabled is not None:
            return float("inf")
        now = time.time()
        due = self._group_due(*head) - now
        if state.next_at is None:
            return due
        scheduled = state.next_at.timestamp() - now
        if self._prompted and state.attempted_at is not None and not state.held:
            scheduled = min(scheduled, state.attempted_at.timestamp() + _CALM * self._pace.second - now)
        return max(due, scheduled)

    def _group_due(self, sequence: int, entry: Entry) -> float:
        """When a message may be sent, unix s: groups a minute apart, all others at once."""
        if not entry.grouped:
            return 0.0
        before = (self.line.entries.get(each) for each in range(sequence - 1, 0, -1))
        for each in before:
            if each is None or each.at < entry.at - GROUP_EVERY * self._pace.second:
                break
            if each.grouped:
                return each.at + GROUP_EVERY * self._pace.second
        return entry.at

    def _busy(self) -> float:
        """Seconds until the endpoint's rate leaves room for a request."""
        now, span = time.monotonic(), _MINUTE * self._pace.second
        while self._requests and self._requests[0] <= now - span:
            self._requests.popleft()
        return self._requests[0] + span - now if len(self._requests) >= self._endpoint.rate else 0.0

    async def _deliver(self) -> None:
        async with self._assigning:
            head = self.line.head
            if head is None:
                return
            sequence, entry = head
            if self.open_group is not None and self.open_group.sequence == sequence:
                self.open_group = None  # from here on it grows no more
        message = await self._journal.archive.message(entry.offset)
        now = datetime.now(UTC)
        self._prompted = False
        await self._write(progress.begun(self.line.progress, now))
        self._requests.append(time.monotonic())
        self._measures.attempts.inc()
        outcome = await self._wire.send(message)
        self._measures.outcome(outcome.result)
        after = self._after(message, outcome)
        if outcome.result == "delivered" and sequence > self.line.progress.reached:
            for alert in message.alerts:
                self._measures.delay(max(0.0, time.time() - alert.at.timestamp()))
        self._say(message, outcome, after)
        await self._write(after)

    def _after(self, message: Message, outcome: Outcome) -> Progress:
        now, state = datetime.now(UTC), self.line.progress
        match outcome.result:
            case "delivered":
                self._reminded = time.monotonic()
                return progress.succeeded(state, message, self._endpoint.type == "alertmanager")
            case "gone":
                return progress.gone(state, now)
            case _:
                return progress.failed(state, now, outcome.asked_wait, random.random(), self._pace)

    def _say(self, message: Message, outcome: Outcome, after: Progress) -> None:
        where = f"Endpoint {self._endpoint.name} ({self._endpoint.place})"
        if outcome.result == "delivered":
            log.info("%s took message %d (%s)", where, message.sequence, message.id)
        elif after.disabled:
            log.error(
                "%s is disabled, its messages wait: %s. When it works again: tocsin alerts redeliver %s",
                where, outcome.said, self._endpoint.name,
            )  # fmt: skip
        else:
            assert after.next_at is not None
            again = max(0.0, after.next_at.timestamp() - time.time())
            log.warning("%s did not take message %d: %s; again in %.0f s", where, message.sequence, outcome.said, again)

    def _reminder_due(self) -> float:
        state = self.line.progress
        if self._endpoint.type != "alertmanager" or not state.firing or state.disabled is not None:
            return float("inf")
        return self._reminded + bodies.REMIND_EVERY * self._pace.second - time.monotonic()

    async def _remind(self) -> None:
        self._reminded = time.monotonic()
        firing = self.line.progress.firing
        alerts: list[Alert] = []
        for sequence in sorted(set(firing.values())):
            entry = self.line.entries.get(sequence)
            if entry is not None:
                message = await self._journal.archive.message(entry.offset)
                alerts += [each for each in message.alerts if firing.get(f"{each.event}/{each.alert}") == sequence]
        self._requests.append(time.monotonic())
        outcome = await self._wire.remind([each for each in alerts if each.state == "firing"])
        if outcome.result != "delivered":
            log.warning("Endpoint %s was not reminded of what fires: %s", self._endpoint.name, outcome.said)

    async def _write(self, after: Progress) -> None:
        # In memory first: writes are made in the order of the calls, and each holds the whole progress.
        self.line.progress = after
        await self._journal.write((self._endpoint.name, after))
