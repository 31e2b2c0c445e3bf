"""Delivering, run in every worker and done by one: the lease names it, Kafka's fence shuts every other out.

What is written stands in the topic `deliveries`; Redis holds the lease and nothing else, so it may forget all.
"""

import asyncio
import logging
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from aiokafka.errors import KafkaError, ProducerFenced

from schemas.delivery import Holder
from streams.alerts.delivery.book import HOLDER, Line, message_key
from streams.alerts.delivery.courier import Courier
from streams.alerts.delivery.endpoints import Endpoint
from streams.alerts.delivery.handout import Handout
from streams.alerts.delivery.journal import Journal
from streams.alerts.delivery.measures import Measures
from streams.alerts.delivery.schedule import Pace
from streams.alerts.delivery.source import EndpointsSource
from streams.connections import REDIS_AWAY, how_away
from streams.errors import UserError
from streams.settings import Settings
from streams.tasks import Crew
from streams.topics import ALERTS, DELIVERIES, require
from streams.trends import Lease
from streams.trends.scripts import Client

log = logging.getLogger(__name__)

#: Seconds for which messages that arrived are kept, to be read or asked for again.
KEEP = 30 * 86_400
#: Seconds between two sweeps of older ones.
_SWEEP_EVERY = 3_600.0
#: Seconds in which Kafka has to answer whoever delivers: longer than a partition takes to find another leader.
_ANSWER_SECONDS = 30.0


class SteppedDown(Exception):
    """Another worker holds the lease."""


class Delivery:
    """Everything of it. `pace` is for tests, which have no days."""

    def __init__(self, settings: Settings, redis: Client, measures: Measures, pace: Pace | None = None) -> None:
        self._settings = settings
        self._measures = measures
        self._pace = pace or Pace()
        self._source = EndpointsSource(settings.endpoints)
        self._token = secrets.token_hex(8)
        self._lease = Lease(redis, settings, "delivery", self._token, self._pace.lease)

    async def follow(self) -> None:
        """Deliver whenever no other worker does, for ever."""
        if not self._settings.endpoints:
            await asyncio.Event().wait()  # nobody to tell, ever
        while True:
            try:
                if self._readable() and await self._lease.take():
                    try:
                        await self._deliver()
                    finally:
                        await self._lease.release()
            except (SteppedDown, ProducerFenced):
                log.info("Another worker delivers alerts now")
            except (*REDIS_AWAY, KafkaError, UserError, LookupError) as error:
                log.warning("Delivering alerts was interrupted, it starts again: %s", how_away(error))
            await asyncio.sleep(self._pace.poll)

    def _readable(self) -> bool:
        """Whether it is known who the endpoints are: until then no alert may be handed out."""
        self._refresh()
        return self._source.known

    def _everybody(self) -> str:
        return ", ".join(sorted(self._source.by_name)) or "nobody"

    def _refresh(self) -> bool:
        try:
            changed = self._source.refresh()
        except UserError as error:
            log.error("The endpoints stay as they were: %s", error)
            self._measures.file_fine.set(0)
            return False
        if changed:
            self._measures.file_fine.set(1)
        return changed

    async def _deliver(self) -> None:
        await require(self._settings, ALERTS, DELIVERIES)
        async with Crew() as crew:
            crew.start(self._renew())  # already while all that was written is being read
            crew.start(self._work())

    async def _work(self) -> None:
        couriers: dict[str, Courier] = {}
        try:
            async with Journal(self._settings, self._token) as journal, Crew() as crew:
                self._employ(journal, couriers, crew)
        finally:
            for name in couriers:
                self._measures.forget(name)

    def _employ(self, journal: Journal, couriers: dict[str, Courier], crew: Crew) -> None:
        """Set all to work."""
        log.info("Delivering alerts to %s", self._everybody())
        assigning = asyncio.Lock()
        staff = _Staff(journal, couriers, assigning, self._measures, self._pace, crew)
        staff.serve(self._source.by_name)
        handout = Handout(self._settings, journal, self._source.by_name, couriers, assigning, self._pace)
        for work in (
            journal.run(), handout.run(), self._sweep(journal), _listen(journal, couriers), self._watch(staff, handout),
            self._ask(journal),
        ):  # fmt: skip
            crew.start(work)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._pace.lease / 4)
            try:
                if not await self._lease.take():  # takes it anew where Redis has forgotten it
                    raise SteppedDown
            except REDIS_AWAY as error:
                log.warning("The lease on delivering cannot be renewed, going on: %s", how_away(error))

    async def _watch(self, staff: "_Staff", handout: Handout) -> None:
        while True:
            await asyncio.sleep(self._pace.poll)
            if self._refresh():
                log.info("Delivering alerts to %s from now on", self._everybody())
            staff.serve(self._source.by_name)
            handout.endpoints = self._source.by_name

    async def _ask(self, journal: Journal) -> None:
        """Step back where Kafka is away: aiokafka waits for it in silence, and another worker may reach it."""
        while True:
            await asyncio.sleep(self._pace.lease)
            await journal.archive.answers(_ANSWER_SECONDS)

    async def _sweep(self, journal: Journal) -> None:
        """Take away what arrived long ago. The write also keeps Kafka from forgetting the writer's name."""
        while True:
            now = datetime.now(UTC)
            old = now.timestamp() - KEEP
            for name, line in list(journal.archive.book.lines.items()):  # while it writes, endpoints may come
                doomed = _doomed(line, old)
                for each in doomed:
                    line.drop(each)  # first: a redelivery that is asked for meanwhile doesn't go back to them
                if doomed:
                    await journal.write(*((message_key(name, each), None) for each in doomed))
            await journal.write((HOLDER, Holder(self._token, now)))
            await asyncio.sleep(_SWEEP_EVERY)


def _doomed(line: Line, old: float) -> list[int]:
    """The messages that were delivered and made before `old`; never the last one, which holds the sequence."""
    kept = {*line.progress.firing.values(), line.last}
    return [
        sequence
        for sequence, entry in line.entries.items()
        if entry.at < old and sequence <= line.progress.delivered and sequence not in kept
    ]


async def _listen(journal: Journal, couriers: Mapping[str, Courier]) -> None:
    """Hear what people ask for, for ever."""
    while True:
        for record in await journal.archive.more():
            key = (record.key or b"").decode(errors="replace")
            if key.endswith("!"):
                journal.archive.book.take(key, record.value, record.offset)
                if (courier := couriers.get(key[:-1])) is not None:
                    courier.wake()


class _Staff:
    """The couriers, one for each endpoint."""

    def __init__(
        self,
        journal: Journal,
        couriers: dict[str, Courier],
        assigning: asyncio.Lock,
        measures: Measures,
        pace: Pace,
        crew: Crew,
    ) -> None:
        self._journal = journal
        self._couriers = couriers
        self._assigning = assigning
        self._measures = measures
        self._pace = pace
        self._crew = crew
        self._running: dict[str, asyncio.Task[None]] = {}

    def serve(self, endpoints: Mapping[str, Endpoint]) -> None:
        """A courier for each of these endpoints; the others end."""
        for name in self._couriers.keys() - endpoints.keys():
            self._couriers[name].serve(None)
            self._measures.forget(name)
        for name, endpoint in endpoints.items():
            if name in self._running and not self._running[name].done():
                self._couriers[name].serve(endpoint)
                continue
            line = self._journal.archive.book.line(name)
            courier = Courier(endpoint, line, self._journal, self._assigning, self._measures, self._pace)
            self._couriers[name] = courier
            self._running[name] = self._crew.start(courier.run())
