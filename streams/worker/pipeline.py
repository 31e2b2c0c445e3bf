"""One run through the worker: decode and match -> index and ledger -> publish -> applied offset.

The order is the promise: what is acknowledged after `process` returned is in Redis and in Kafka. Every step may be done
twice, so a run that fails anywhere, or under which Redis became another process, is simply done again.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiokafka.structs import ConsumerRecord

from schemas import DeadLetter, Match
from schemas.codec import Unusable
from streams.connections import RedisLink
from streams.settings import Settings
from streams.topics import ARTICLES
from streams.transport import Run
from streams.trends import Outcome, Standing, Store
from streams.worker.metrics import Metrics
from streams.worker.patience import until_kafka, until_redis
from streams.worker.positions import WorkerPositions
from streams.worker.prepare import Rules, dead_letter, decode, find_hits, match_record, standing
from streams.worker.publisher import Publisher
from streams.worker.registry import Registry

#: Records between two yields to the loop, so that heartbeats and /metrics live: about 5 ms of work.
SLICE = 200


@dataclass(slots=True)
class Prepared:
    """What a run's records come to."""

    standings: list[Standing] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    late: int = 0


async def prepare_records(
    records: Sequence[ConsumerRecord], rules: Rules, *, is_article: bool, lateness: int, backfill: bool = False
) -> Prepared:
    """Decode and match records of one partition, yielding to the loop between slices."""
    prepared = Prepared()
    for start in range(0, len(records), SLICE):
        for raw in records[start : start + SLICE]:
            try:
                decoded = decode(raw, is_article=is_article, lateness=lateness)
            except Unusable as error:
                prepared.dead_letters.append(dead_letter(raw, error))
                continue
            prepared.late += decoded.late
            hits = [] if decoded.late else find_hits(decoded, rules)
            stands = standing(decoded, hits)
            if stands is not None:
                prepared.standings.append(stands)
            if hits:
                prepared.matches.append(match_record(decoded, hits, rules, backfill=backfill))
        await asyncio.sleep(0)
    return prepared


class Pipeline:
    """Does runs. Holds no state of its own: rules are read once a run, the rest is in Redis and Kafka."""

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

    async def process(self, run: Run) -> None:
        """Return when Redis and Kafka hold what the run says. Raises `RedisForgot`; waits out what is away."""
        is_article = run.tp.topic == self._articles
        rules = self._registry.rules
        with self._metrics.stages["prepare"].time():
            prepared = await prepare_records(
                run.records, rules, is_article=is_article, lateness=self._settings.lateness
            )
        while True:
            changes = self._redis.changes
            with self._metrics.stages["ledger"].time():
                outcome = await until_redis("counting a run", self._store.apply, prepared.standings, rules.tags)
            with self._metrics.stages["publish"].time():
                await until_kafka("publishing", self._publisher.publish, prepared.matches, prepared.dead_letters)
            await until_redis("writing a position", self._positions.advance, run)
            if self._redis.changes == changes:  # up to the marker: it must not outlive the counts that it stands for
                break
        self._count(run, prepared, outcome, is_article=is_article)

    def _count(self, run: Run, prepared: Prepared, outcome: Outcome, *, is_article: bool) -> None:
        metrics = self._metrics
        metrics.records["article" if is_article else "post"].inc(len(run.records))
        metrics.run_records.observe(len(run.records))
        metrics.matched.inc(len(prepared.matches))
        metrics.late.inc(prepared.late)
        for reason, count in Counter(letter.reason for letter in prepared.dead_letters).items():
            metrics.dead_letters[reason].inc(count)
        metrics.ledger_faults.inc(len(outcome.faults))
        metrics.delay.observe(max(0.0, time.time() - run.records[-1].timestamp / 1_000))
