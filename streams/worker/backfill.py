"""Back-fills: a new revision is counted from the log's start while the old one keeps serving, then takes over.

Live workers count a revision from the moment they have loaded it, and say so with every commit. What lies before the
first such commit of a partition is read here, by one worker at a time, matched with the pending revisions only. Reading
too far is harmless: the ledger keeps a maximum. A pass under which Redis became another process starts again.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from schemas import TrackedEvent
from streams.connections import REDIS_AWAY, RedisLink, admin, committed, how_away, log_partitions, reader
from streams.errors import UserError
from streams.matching import Matcher
from streams.settings import Settings
from streams.topics import ARTICLES
from streams.trends import Catalog, Lease, Store
from streams.worker.metrics import Metrics
from streams.worker.pipeline import prepare_records
from streams.worker.prepare import Rules
from streams.worker.publisher import Publisher
from streams.worker.registry import Registry

log = logging.getLogger(__name__)

#: Seconds between two looks for pending revisions, and for commits that carry them.
POLL_INTERVAL = 0.5
#: Seconds that the lease on back-filling outlives its holder.
LEASE_SECONDS = 20


class Superseded(Exception):
    """What is being back-filled is no longer wanted, or another worker does it: the pass ends."""


class Backfiller:
    """Looks for pending revisions and counts them; run one in every worker, a lease in Redis lets one work."""

    def __init__(
        self,
        settings: Settings,
        redis: RedisLink,
        store: Store,
        catalog: Catalog,
        registry: Registry,
        publisher: Publisher,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._redis = redis
        self._store = store
        self._catalog = catalog
        self._registry = registry
        self._publisher = publisher
        self._metrics = metrics
        self._lease = Lease(redis.client, settings, "backfill", secrets.token_hex(8), LEASE_SECONDS)

    async def follow(self) -> None:
        """Back-fill whatever is pending, for ever."""
        await self._registry.loaded.wait()
        while True:
            try:
                pending = self._wanted(await self._catalog.pending())
                if pending and await self._lease.take():
                    try:
                        await self._pass(pending)
                    finally:
                        await self._lease.release()
            except Superseded as reason:
                log.info("Back-fill ended: %s", reason)
            except (*REDIS_AWAY, KafkaError, UserError) as error:
                log.warning("Back-fill was interrupted, it starts again: %s", how_away(error))
            await asyncio.sleep(POLL_INTERVAL)

    def _wanted(self, pending: Mapping[str, TrackedEvent]) -> dict[str, tuple[TrackedEvent, int]]:
        """Those that are the latest word on their event, with their offsets."""
        wanted = {}
        for event_id, event in pending.items():
            latest = self._registry.latest.get(event_id)
            if latest is not None and latest.event is not None and latest.event.tag == event.tag:
                wanted[event_id] = (latest.event, latest.offset)
        return wanted

    async def _pass(self, pending: Mapping[str, tuple[TrackedEvent, int]]) -> None:
        log.info("Back-filling %s", ", ".join(event.tag for event, _ in pending.values()))
        started, changes, process = time.monotonic(), self._redis.changes, self._redis.process
        generation = 1 + max(offset for _, offset in pending.values())
        matcher = await asyncio.to_thread(Matcher, [event for event, _ in pending.values()])
        rules = Rules.of(matcher, generation)
        consumer: AIOKafkaConsumer = reader(self._settings, max_poll_records=self._settings.run_records)
        try:
            await consumer.start()
            async with admin(self._settings) as client:
                partitions = await log_partitions(client, self._settings)
                consumer.assign(partitions)
                await consumer.seek_to_beginning()
                await self._read(consumer, client, rules, set(partitions))
        finally:
            self._metrics.backfill.set(0)
            await consumer.stop()
        await self._check(rules)
        if self._redis.changes != changes:
            raise Superseded("Redis became another process; it starts again")
        for event, offset in pending.values():
            if await self._catalog.take_over(event, offset, process):
                log.info("%s took over after %.1f s", event.tag, time.monotonic() - started)

    async def _read(
        self, consumer: AIOKafkaConsumer, client: AIOKafkaAdminClient, rules: Rules, left: set[TopicPartition]
    ) -> None:
        """Count every partition up to a commit that carries the rules' generation."""
        stops: dict[TopicPartition, int] = {}
        position = {tp: await consumer.position(tp) for tp in left}
        looked = 0.0
        while left:
            if time.monotonic() - looked > POLL_INTERVAL:
                looked = time.monotonic()
                await self._check(rules)
                stops |= await self._carried(client, left - stops.keys(), rules.generation)
                self._metrics.backfill.set(sum(max(0, stops.get(tp, at) - at) for tp, at in position.items()))
            fetched = await consumer.getmany(*left, timeout_ms=200)
            for tp, records in fetched.items():
                stop = stops.get(tp)
                await self._count([r for r in records if stop is None or r.offset < stop], tp, rules)
            for tp in list(left):
                position[tp] = await consumer.position(tp)
                if tp in stops and position[tp] >= stops[tp]:
                    left.discard(tp)

    async def _count(self, records: list[ConsumerRecord], tp: TopicPartition, rules: Rules) -> None:
        prepared = await prepare_records(
            records,
            rules,
            is_article=tp.topic == self._settings.topic(ARTICLES),
            lateness=self._settings.lateness,
            backfill=True,
        )
        await self._store.apply(prepared.standings, rules.tags)
        await self._publisher.publish(prepared.matches, [])

    async def _carried(
        self, client: AIOKafkaAdminClient, partitions: set[TopicPartition], generation: int
    ) -> dict[TopicPartition, int]:
        """Committed offsets of those partitions whose commit carries the generation."""
        if not partitions:
            return {}
        found = await committed(client, self._settings, partitions)
        return {
            tp: each.offset
            for tp, each in found.items()
            if each.metadata.isdigit() and int(each.metadata) >= generation
        }

    async def _check(self, rules: Rules) -> None:
        """Go on only while the lease is ours and every revision is still the latest word on its event."""
        if not await self._lease.renew():
            raise Superseded("another worker took it over")
        for event in rules.matcher.events:
            latest = self._registry.latest.get(event.id)
            if latest is None or latest.event is None or latest.event.tag != event.tag:
                raise Superseded(f"{event.tag} was changed or removed; what is left starts again")
