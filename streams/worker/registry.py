"""The rules in force: every worker reads all of `tracked-events`, outside the group, and compiles what it says.

A generation is an offset in that topic: rules of generation G know every record before G. What is evaluated is the
latest revision of each event and, while that one is still being back-filled, the revision that serves in its stead.
Reading and compiling happen in threads, and what did not change is not compiled again: the loop, which matches
meanwhile, only takes over what is ready. Knows Kafka, the matcher and the catalog; knows nothing of posts.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord
from msgspec import Struct

from schemas import TrackedEvent
from schemas.codec import Unusable, decode_tracked_event
from streams.connections import REDIS_AWAY, reader
from streams.matching import ENGINE, CompiledEvent, Matcher, RuleError, compile_event
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
#: Events that are looked at in one go: some milliseconds of the loop, some tens of a thread.
PORTION = 500


class Latest(Struct, frozen=True, gc=False):
    """The last word of `tracked-events` on one event; `compiled` is None where it was removed."""

    compiled: CompiledEvent | None
    offset: int

    @property
    def event(self) -> TrackedEvent | None:
        """The event as it was applied."""
        return self.compiled.event if self.compiled else None


class Registry:
    """Loads rules and swaps them in whole; `rules` is a snapshot that never changes under a run."""

    def __init__(self, settings: Settings, catalog: Catalog, metrics: Metrics) -> None:
        self.rules = Rules.of(Matcher([]), 0)
        self.latest: dict[str, Latest] = {}
        self._named: set[str] = set()
        """Every id that has a record, usable or not."""
        self._serving: Mapping[str, TrackedEvent] = {}
        self._settled = False
        """Whether the catalog has been told of all that is in `latest`."""
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
                await self.take(fetched.get(self._partition, []))
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
                changed = serving is not self._serving
                if changed or not self._settled:
                    self._serving, self._settled = serving, True
                    await self._propose()
                if changed:
                    await self.rebuild(self.rules.generation)
                if time.monotonic() - swept > SWEEP_INTERVAL:
                    await self._catalog.sweep(int(time.time()))
                    swept = time.monotonic()
            except REDIS_AWAY as error:
                self._settled = False
                log.warning("The catalog cannot be read, trying again: %r", error)
            await asyncio.sleep(WATCH_INTERVAL)

    async def take(self, records: Sequence[ConsumerRecord]) -> None:
        """Note what records of `tracked-events` say, compiled, to be in force after the next rebuild."""
        for start in range(0, len(records), PORTION):
            for event_id, latest in await asyncio.to_thread(_read, records[start : start + PORTION]):
                self._settled = False
                self._named.add(event_id)
                if latest is not None:
                    self.latest[latest.event.id if latest.event else event_id] = latest

    async def rebuild(self, generation: int) -> None:
        """Put in force what is to be evaluated now: built off the loop, swapped in on it."""
        async with self._rebuilding:
            started = time.monotonic()
            rules = await asyncio.to_thread(
                _build, dict(self.latest), self._serving, self.rules, max(generation, self.rules.generation)
            )
            async with self._changed:
                self.rules = rules
                self._changed.notify_all()
            self._metrics.rules.set(len(rules.matcher.events))
            self._metrics.rule_swap.observe(time.monotonic() - started)
            log.info("%d events in force, generation %d", len(rules.matcher.events), rules.generation)

    async def _propose(self) -> None:
        for number, (event_id, latest) in enumerate(list(self.latest.items())):
            if number % PORTION == 0:
                await asyncio.sleep(0)
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


def _read(records: Sequence[ConsumerRecord]) -> list[tuple[str, Latest | None]]:
    """What each record says of the event that it names; None where it is not usable."""
    return [((record.key or b"").decode(errors="replace"), _latest(record)) for record in records]


def _latest(record: ConsumerRecord) -> Latest | None:
    if record.value is None:
        return Latest(None, record.offset)
    try:
        event = decode_tracked_event(record.value)
        if event.engine != ENGINE:
            log.error(
                "Event %s was applied for rule engine %d, this release has %d: `tocsin events apply` it again",
                event.id, event.engine, ENGINE,
            )  # fmt: skip
            return None
        return Latest(compile_event(event), record.offset)
    except (Unusable, RuleError) as error:
        log.error("Offset %d of %s is no usable event: %s", record.offset, record.topic, error)
        return None


def _build(latest: Mapping[str, Latest], serving: Mapping[str, TrackedEvent], now: Rules, generation: int) -> Rules:
    """The latest revision of each event, and the one that serves while that one is being back-filled."""
    wanted: dict[str, CompiledEvent | TrackedEvent] = {
        each.compiled.event.tag: each.compiled for each in latest.values() if each.compiled is not None
    }
    for event_id, event in serving.items():
        known = latest.get(event_id)
        removed = known is not None and known.compiled is None
        if not removed and event.engine == ENGINE:  # by another engine's rules its counts would mean something else
            wanted.setdefault(event.tag, now.matcher.compiled.get(event.tag, event))
    return Rules.of(Matcher(wanted.values(), now.matcher), generation)


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
