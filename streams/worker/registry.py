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

from schemas import Reason, TrackedEvent
from schemas.codec import Unusable, decode_tracked_event
from streams import collector
from streams.connections import REDIS_AWAY, how_away, reader
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
    """The last word of `tracked-events` on one event. `compiled` is None where it was removed or can't be used.

    A record that can't be used supersedes the ones before it all the same: compaction takes those away sooner or later,
    and what is in force must not depend on when. What serves goes on being counted, if it is of this engine.
    """

    offset: int
    compiled: CompiledEvent | None = None
    removed: bool = False

    @property
    def event(self) -> TrackedEvent | None:
        """The event as it was applied, to be evaluated."""
        return self.compiled.event if self.compiled else None


class Registry:
    """Loads rules and swaps them in whole; `rules` is a snapshot that never changes under a run."""

    def __init__(self, settings: Settings, catalog: Catalog, metrics: Metrics) -> None:
        self.rules = Rules.of(Matcher([]), 0)
        self.latest: dict[str, Latest] = {}
        """By id, every event that has a record."""
        self._serving: Mapping[str, TrackedEvent] = {}
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
        try:
            await consumer.start()
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
        built, settled = self._serving, None
        while True:
            try:
                serving, pending = await self._catalog.serving(), await self._catalog.pending()
                self._metrics.unreadable.set(self._catalog.unreadable)
                if serving is not built:
                    self._serving = serving
                    await self.rebuild(self.rules.generation)
                    built = serving
                seen = (serving, pending, self.rules)  # other rules: records were taken
                if seen != settled:
                    # Settled is what needed no move: one that was made is looked for, Redis may forget it until then.
                    settled = None if await self._tell(serving, pending) else seen
                if time.monotonic() - swept > SWEEP_INTERVAL:
                    await self._catalog.sweep(int(time.time()))
                    swept = time.monotonic()
            except REDIS_AWAY as error:
                log.warning("The catalog cannot be read, trying again: %s", how_away(error))
            await asyncio.sleep(WATCH_INTERVAL)

    async def take(self, records: Sequence[ConsumerRecord]) -> None:
        """Note what records of `tracked-events` say, compiled, to be in force after the next rebuild.

        Records that are read again, after Kafka failed `follow`, change nothing.
        """
        for start in range(0, len(records), PORTION):
            new = [each for each in records[start : start + PORTION] if self._is_news(each)]
            self.latest |= await asyncio.to_thread(_read, new)

    def _is_news(self, record: ConsumerRecord) -> bool:
        known = self.latest.get(_id(record))
        return known is None or known.offset < record.offset

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
            collector.set_aside()  # rules stay
            self._metrics.rules.set(len(rules.matcher.events))
            self._metrics.rule_swap.observe(time.monotonic() - started)
            log.info("%d events in force, generation %d", len(rules.matcher.events), rules.generation)

    async def _tell(self, serving: Mapping[str, TrackedEvent], pending: Mapping[str, TrackedEvent]) -> bool:
        """Tell the catalog what it shows otherwise than `latest`. False if nothing was moved by that."""
        latest = dict(self.latest)
        moved = False
        for event_id, offset, event in await asyncio.to_thread(_news, latest, serving, pending):
            if event is None:
                moved |= await self._catalog.remove(event_id, offset)
            else:
                moved |= await self._catalog.propose(event, offset)
        for event_id in (serving.keys() | pending.keys()) - latest.keys():  # compaction took the record of its removal
            moved |= await self._catalog.remove(event_id, self.rules.generation - 1)
        return moved


def _id(record: ConsumerRecord) -> str:
    return (record.key or b"").decode(errors="replace")


def _read(records: Sequence[ConsumerRecord]) -> dict[str, Latest]:
    """The last word of these records on each event that they name."""
    return {_id(record): _latest(record) for record in records}


def _latest(record: ConsumerRecord) -> Latest:
    if record.value is None:
        return Latest(record.offset, removed=True)
    try:
        event = decode_tracked_event(record.value)
        if event.id != _id(record):
            raise Unusable(Reason.KEY_MISMATCH, f"expected the Kafka key {event.id!r}, found {_id(record)[:100]!r}")
        if event.engine == ENGINE:
            return Latest(record.offset, compile_event(event))
        problem = (
            f"it was applied for rule engine {event.engine}, this release has {ENGINE}: `tocsin events apply` it again"
        )
    except Exception as error:  # whatever it is: a worker that ended by one record would end by it at every start
        problem = str(error) if isinstance(error, Unusable | RuleError) else repr(error)
    log.error("Offset %d of %s is no usable event: %s", record.offset, record.topic, problem)
    return Latest(record.offset)


def _build(latest: Mapping[str, Latest], serving: Mapping[str, TrackedEvent], now: Rules, generation: int) -> Rules:
    """The latest revision of each event, and the one that serves while that one is being back-filled."""
    wanted = {each.compiled.event.tag: each.compiled for each in latest.values() if each.compiled is not None}
    for event_id, event in serving.items():
        known = latest.get(event_id)
        removed = known is not None and known.removed
        # By another engine's rules its counts would mean something else.
        if not removed and event.tag not in wanted and event.engine == ENGINE:
            compiled = now.matcher.compiled.get(event.tag) or _compiled(event)
            if compiled is not None:
                wanted[event.tag] = compiled
    return Rules.of(Matcher(wanted.values(), now.matcher), generation)


def _compiled(event: TrackedEvent) -> CompiledEvent | None:
    try:
        return compile_event(event)
    except Exception as error:
        log.error("The definition of %s in the catalog is no usable event: %r", event.tag, error)
        return None


def _news(
    latest: Mapping[str, Latest], serving: Mapping[str, TrackedEvent], pending: Mapping[str, TrackedEvent]
) -> list[tuple[str, int, TrackedEvent | None]]:
    """Id, offset and event (None: removed) of what neither serves nor is being back-filled as it was applied."""
    news = []
    for event_id, each in latest.items():
        shown = (serving.get(event_id), pending.get(event_id))
        if (each.removed and shown != (None, None)) or (each.event is not None and each.event not in shown):
            news.append((event_id, each.offset, each.event))
    return news


async def restarting(what: str, run: Callable[[], Awaitable[None]], errors: tuple[type[Exception], ...]) -> None:
    """Run for ever: start `run` again, with a pause, when it returns or one of `errors` ends it."""
    pause = 0.5
    while True:
        started = time.monotonic()
        reason = "it returned"
        try:
            await run()
        except errors as error:
            reason = how_away(error)
        pause = 0.5 if time.monotonic() - started > 60 else min(pause * 2, 15)
        log.warning("%s was interrupted, starting again in %.1f s: %s", what, pause, reason)
        await asyncio.sleep(pause)
