"""Runs through the worker: decode and match -> index and ledger -> publish -> applied offset -> done.

The order is the promise: what is done is in Redis and in Kafka. Every step may be done twice, so what fails anywhere,
or under which Redis became another process, is simply done again.

Writing waits for Redis and Kafka, matching for the processor, so they take turns: while some runs are written, the
next ones are matched, and all that are ready by then are written together. The longer writing takes, the fewer calls
it needs.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from aiokafka.structs import ConsumerRecord

from schemas import DeadLetter, Match
from schemas.codec import Unusable
from streams.connections import RedisLink, until_kafka, until_redis
from streams.settings import Settings
from streams.topics import ARTICLES
from streams.transport import Run
from streams.trends import Outcome, Standing, Store
from streams.worker.metrics import Metrics
from streams.worker.positions import WorkerPositions
from streams.worker.prepare import Rules, dead_letter, decode, find_all_hits, match_record, standing
from streams.worker.publisher import Publisher
from streams.worker.registry import Registry

#: Records between two yields to the loop, so that heartbeats and /metrics live: about 5 ms of work.
SLICE = 200
#: Bytes of records from which on a slice takes no further record: their texts are in memory at once.
SLICE_BYTES = 256 * 1_024
#: Matches after which the loop has its turn within a slice too: to explain one takes up to a millisecond.
EXPLAINED_AT_ONCE = 10
#: Bytes of records that may wait to be written before no further run is begun: bounds what a worker holds in memory.
WAITING_BYTES = 16 * 1_048_576
#: Records for the ledger from which on a group takes no further run: some tens of milliseconds of calls.
GROUP = 1_000


@dataclass(slots=True)
class Prepared:
    """What records of one partition come to; `size`: how many bytes they have."""

    standings: list[Standing] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    late: int = 0
    size: int = 0


async def prepare_records(
    records: Sequence[ConsumerRecord], rules: Rules, *, is_article: bool, lateness: int, backfill: bool = False
) -> Prepared:
    """Decode and match records of one partition, yielding to the loop between slices."""
    prepared = Prepared()
    for part, size in _slices(records):
        prepared.size += size
        # Each step is taken for the whole slice: it finds its code and tables in the processor's caches then.
        decoded = []
        for raw in part:
            try:
                decoded.append(decode(raw, is_article=is_article, lateness=lateness))
            except Unusable as error:
                prepared.dead_letters.append(dead_letter(raw, error))
        for each, hits in zip(decoded, find_all_hits(decoded, rules), strict=True):
            prepared.late += each.late
            stands = standing(each, hits)
            if stands is not None:
                prepared.standings.append(stands)
            if hits:
                prepared.matches.append(match_record(each, hits, rules, backfill=backfill))
                if len(prepared.matches) % EXPLAINED_AT_ONCE == 0:
                    await asyncio.sleep(0)
        await asyncio.sleep(0)
    return prepared


def _slices(records: Sequence[ConsumerRecord]) -> Iterator[tuple[Sequence[ConsumerRecord], int]]:
    """The records in slices, and how many bytes each has."""
    start = size = 0
    for end, raw in enumerate(records, 1):
        size += len(raw.value or b"")
        if size >= SLICE_BYTES or end - start == SLICE or end == len(records):
            yield records[start:end], size
            start, size = end, 0


@dataclass(frozen=True, slots=True)
class Ready:
    """A matched run, and what to call once it is done."""

    run: Run
    rules: Rules
    prepared: Prepared
    finish: Callable[[], object]


class Pipeline:
    """Does runs: `take` matches one, `write`, called again and again by a task of its own, writes what was taken."""

    def __init__(
        self,
        settings: Settings,
        redis: RedisLink,
        store: Store,
        registry: Registry,
        positions: WorkerPositions,
        publisher: Publisher,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._redis = redis
        self._store = store
        self._registry = registry
        self._positions = positions
        self._publisher = publisher
        self._metrics = metrics
        self._articles = settings.topic(ARTICLES)
        self._waiting: asyncio.Queue[Ready] = asyncio.Queue()
        self._waiting_bytes = 0
        self._room = asyncio.Event()
        self._room.set()
        self._in_hand = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def take(self, run: Run, finish: Callable[[], object]) -> None:
        """Match a run and leave it to be written; waits while many wait. `finish` is called when Redis and Kafka hold
        what it says; never, if its partition was revoked or sought meanwhile."""
        self._in_hand += 1
        self._idle.clear()
        try:
            await self._room.wait()
            rules = self._registry.rules
            with self._metrics.stages["prepare"].time():
                prepared = await prepare_records(
                    run.records, rules, is_article=run.tp.topic == self._articles, lateness=self._settings.lateness
                )
            self._put(Ready(run, rules, prepared, finish))
        except BaseException:
            self._leave(1)
            raise

    async def write(self) -> None:
        """Write runs that wait; waits for one. Raises `RedisForgot`: those left out are stale then."""
        waiting = [await self._get()]
        while not self._waiting.empty() and sum(len(ready.prepared.standings) for ready in waiting) < GROUP:
            waiting.append(await self._get())
        try:
            for _, alike in groupby(waiting, key=lambda ready: id(ready.rules)):
                group = [ready for ready in alike if self._positions.is_current(ready.run)]
                if group:
                    await self._write(group)
                for ready in group:
                    ready.finish()
        finally:
            self._leave(len(waiting))

    async def idle(self) -> None:
        """Return when no run is in hand."""
        await self._idle.wait()

    def _put(self, ready: Ready) -> None:
        self._waiting.put_nowait(ready)
        self._waiting_bytes += ready.prepared.size
        if self._waiting_bytes >= WAITING_BYTES:
            self._room.clear()

    async def _get(self) -> Ready:
        ready = await self._waiting.get()
        self._waiting_bytes -= ready.prepared.size
        if self._waiting_bytes < WAITING_BYTES:
            self._room.set()
        return ready

    def _leave(self, runs: int) -> None:
        self._in_hand -= runs
        if not self._in_hand:
            self._idle.set()

    async def _write(self, group: Sequence[Ready]) -> None:
        standings = [each for ready in group for each in ready.prepared.standings]
        matches = [each for ready in group for each in ready.prepared.matches]
        dead_letters = [each for ready in group for each in ready.prepared.dead_letters]
        tags = group[0].rules.tags
        while True:
            changes = self._redis.changes
            with self._metrics.stages["ledger"].time():
                outcome = await until_redis("counting runs", self._store.apply, standings, tags)
            with self._metrics.stages["publish"].time():
                await until_kafka("publishing", self._publisher.publish, matches, dead_letters)
            await until_redis("writing positions", self._positions.advance, [ready.run for ready in group])
            if self._redis.changes == changes:  # up to the marker: it must not outlive the counts that it stands for
                break
        self._count(group, outcome)

    def _count(self, group: Sequence[Ready], outcome: Outcome) -> None:
        metrics, now = self._metrics, time.time()
        for ready in group:
            run, prepared = ready.run, ready.prepared
            metrics.records["article" if run.tp.topic == self._articles else "post"].inc(len(run.records))
            metrics.run_records.observe(len(run.records))
            metrics.matched.inc(len(prepared.matches))
            metrics.late.inc(prepared.late)
            for reason, count in Counter(letter.reason for letter in prepared.dead_letters).items():
                metrics.dead_letters[reason].inc(count)
            metrics.delay.observe(max(0.0, now - run.records[-1].timestamp / 1_000))
        metrics.ledger_faults.inc(len(outcome.faults))
