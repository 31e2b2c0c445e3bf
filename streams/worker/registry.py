"""The rules in force: every worker reads all of `tracked-events`, outside the group, and compiles what it says.

A generation is an offset in that topic: rules of generation G know every record before G. What is evaluated is the
latest revision of each event and, while that one is still being back-filled, the revision that serves in its stead.
Knows Kafka, the matcher and the catalog; knows nothing of posts.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from schemas import TrackedEvent
from schemas.codec import Unusable, decode_tracked_event
from streams.connections import REDIS_AWAY, reader
from streams.matching import ENGINE, Matcher, RuleError, check_event
from streams.settings import Settings
from streams.topics import TRACKED_EVENTS
from streams.trends import Catalog
from streams.worker.metrics import Metrics
from streams.worker.prepare import Rules

log = logging.getLogger(__name__)

#: Seconds between two looks at the catalog: how soon a worker drops a revision that was superseded.
WATCH_INTERVAL = 2.0
#: Seconds between two sweeps of superseded revisions' keys.
SWEEP_INTERVAL = 60.0


@dataclass(frozen=True, slots=True)
class Latest:
    """The last word of `tracked-events` on one event; `event` is None where it was removed."""

    event: TrackedEvent | None
    offset: int


class Registry:
    """Loads rules and swaps them in whole; `rules` is a snapshot that never changes under a run."""

    def __init__(self, settings: Settings, catalog: Catalog, metrics: Metrics) -> None:
        self.rules = Rules.of(Matcher([]), 0)
        self.latest: dict[str, Latest] = {}
        self._named: set[str] = set()
        """Every id that has a record, usable or not."""
        self._serving: dict[str, TrackedEvent] = {}
        self._settings = settings
        self._catalog = catalog
        self._metrics = metrics
        self._partition = TopicPartition(settings.topic(TRACKED_EVENTS), 0)
        self._changed = asyncio.Condition()
        self._rebuilding = asyncio.Lock()
        self.loaded = asyncio.Event()

    async def wait_for(self, generation: int) -> None:
        """Return when rules of this generation are in force."""
        await self.loaded.wait()
        async with self._changed:
            while self.rules.generation < generation:
                try:
                    await asyncio.wait_for(self._changed.wait(), 10)
                except TimeoutError:
                    log.warning("Waiting for rules of generation %d, in force: %d", generation, self.rules.generation)

    async def follow(self) -> None:
        """Read `tracked-events` from its start, for ever. Whoever runs this restarts it when Kafka fails it."""
        consumer: AIOKafkaConsumer = reader(self._settings)
        await consumer.start()
        try:
            consumer.assign([self._partition])
            await consumer.seek_to_beginning(self._partition)
            end = (await consumer.end_offsets([self._partition]))[self._partition]
            while True:
                fetched = await consumer.getmany(timeout_ms=500)
                for record in fetched.get(self._partition, []):
                    self._take(record)
                position = await consumer.position(self._partition)
                if position >= end and (position > self.rules.generation or not self.loaded.is_set()):
                    await self.rebuild(position)
                    self.loaded.set()
        finally:
            await consumer.stop()

    async def watch(self) -> None:
        """Follow the catalog: propose what is new, drop what was superseded, sweep what is left of it."""
        await self.loaded.wait()
        swept = 0.0
        while True:
            try:
                serving = await self._catalog.serving()
                changed = _tags(serving) != _tags(self._serving)
                self._serving = serving
                await self._propose()
                if changed:
                    await self.rebuild(self.rules.generation)
                if time.monotonic() - swept > SWEEP_INTERVAL:
                    await self._catalog.sweep(int(time.time()))
                    swept = time.monotonic()
            except REDIS_AWAY as error:
                log.warning("The catalog cannot be read, trying again: %r", error)
            await asyncio.sleep(WATCH_INTERVAL)

    async def rebuild(self, generation: int) -> None:
        """Compile what is to be evaluated now, off the loop, and swap it in."""
        async with self._rebuilding:
            started = time.monotonic()
            matcher = await asyncio.to_thread(Matcher, self._evaluated())
            async with self._changed:
                self.rules = Rules.of(matcher, max(generation, self.rules.generation))
                self._changed.notify_all()
            self._metrics.rules.set(len(matcher.events))
            self._metrics.rule_swap.observe(time.monotonic() - started)
            log.info("%d events in force, generation %d", len(matcher.events), self.rules.generation)

    def _evaluated(self) -> list[TrackedEvent]:
        wanted = {}
        for latest in self.latest.values():
            if latest.event is not None:
                wanted[latest.event.tag] = latest.event
        for event_id, event in self._serving.items():
            known = self.latest.get(event_id)
            if known is None or known.event is not None:
                wanted.setdefault(event.tag, event)
        return list(wanted.values())

    def _take(self, record: ConsumerRecord) -> None:
        event_id = (record.key or b"").decode(errors="replace")
        self._named.add(event_id)
        if record.value is None:
            self.latest[event_id] = Latest(None, record.offset)
            return
        try:
            event = decode_tracked_event(record.value)
            if event.engine != ENGINE:
                log.error(
                    "Event %s was applied for rule engine %d, this release has %d: `tocsin events apply` it again",
                    event.id, event.engine, ENGINE,
                )  # fmt: skip
                return
            check_event(event)
        except (Unusable, RuleError) as error:
            log.error("Offset %d of %s is no usable event: %s", record.offset, record.topic, error)
            return
        self.latest[event.id] = Latest(event, record.offset)

    async def _propose(self) -> None:
        for event_id, latest in list(self.latest.items()):
            serving = self._serving.get(event_id)
            if latest.event is None:
                await self._catalog.remove(event_id, latest.offset)
            elif serving is not None and serving.tag == latest.event.tag:
                if serving != latest.event:  # title, alerts or notify: nothing to count anew
                    await self._catalog.take_over(latest.event, latest.offset)
            else:
                await self._catalog.propose(latest.event, latest.offset)
        for event_id in self._serving.keys() - self._named:  # removed so long ago that compaction took the record
            await self._catalog.remove(event_id, self.rules.generation - 1)


def _tags(events: dict[str, TrackedEvent]) -> set[str]:
    return {event.tag for event in events.values()}


async def restarting(what: str, run: Callable[[], Awaitable[None]], errors: tuple[type[Exception], ...]) -> None:
    """Run for ever: start `run` again, with a pause, when one of `errors` ends it."""
    pause = 0.5
    while True:
        started = time.monotonic()
        try:
            await run()
        except errors as error:
            pause = 0.5 if time.monotonic() - started > 60 else min(pause * 2, 15)
            log.warning("%s was interrupted, starting again in %.1f s: %r", what, pause, error)
            await asyncio.sleep(pause)
