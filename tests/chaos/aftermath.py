"""After a run: the wait until everything in the log is counted, and the judgement of what was counted.

Knows how to ask Kafka and Redis; nothing of faults or processes.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b

from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from schemas.codec import decode_tracked_event
from streams.connections import REDIS_AWAY, RedisLink, admin, committed, log_partitions, reader
from streams.scans.recount import recount
from streams.settings import Settings
from streams.topics import ARTICLES, POSTS, TRACKED_EVENTS
from streams.tracking.topic import read_tracked
from streams.trends import Applied, Catalog
from tests.chaos.cluster import Cluster
from tests.chaos.compare import Verdict, compare_letters, compare_matches, compare_redis, read_topic
from tests.chaos.feed import Fed
from tests.chaos.stores import Stores, in_thread
from tests.chaos.truth import work_out


async def caught_up(settings: Settings, limit: float) -> float:
    """Return when nothing is left to be done; how many seconds that took. Fails after `limit` seconds."""
    began, behind = time.monotonic(), "nothing was asked yet"
    link = RedisLink(settings)
    try:
        while behind:
            try:
                behind = await _behind(settings, link)
            except (KafkaError, *REDIS_AWAY) as error:  # not quite back yet
                behind = repr(error)
            if behind and time.monotonic() > began + limit:
                raise AssertionError(f"the workers did not catch up within {limit:g} s: {behind}")
            await asyncio.sleep(0.5 if behind else 0)
    finally:
        await link.close()
    return round(time.monotonic() - began, 1)


async def judge(settings: Settings, stores: Stores | Cluster, sent: Counter[bytes]) -> tuple[Verdict, dict[str, float]]:
    """Compare all with the log; `sent` are the identities of the records that Kafka confirmed. No worker may run.

    Returns the verdict and what else is worth a line.
    """
    verdict = Verdict()
    events = list((await read_tracked(settings)).values())
    log: list[tuple[bool, ConsumerRecord]] = []
    for name in (POSTS, ARTICLES):
        log += [(name == ARTICLES, raw) async for raw in read_topic(settings, name)]
    _find_lost(sent, log, verdict)
    truth = await in_thread(work_out, log, events, settings.lateness)
    log.clear()
    async with stores.client() as client:
        left_over = await compare_redis(client, settings, truth, await _ever_tracked(settings), verdict)
    facts: dict[str, float] = {
        "records": truth.records,
        "late": truth.late,
        "standing": sum(len(counts.standing) for counts in truth.counts.values()),
        "fields compared": verdict.fields,
        "superseded revisions that nothing sweeps": left_over,
        "bad": len(truth.bad),
        "dead letters": await compare_letters(settings, truth, verdict),
        "matching": len({each[:3] for each in truth.matches}),
        "match records": await compare_matches(settings, truth, verdict),
    }
    for report in await recount(settings, [], patience=30):
        for each in report.differences:
            verdict.differs(f"recount: {each.key} {each.field}", each.expected, each.found)
    return verdict, facts


def identity(fed: Fed) -> bytes:
    """What a record is known by: the same as fed and as read."""
    return blake2b(repr((fed.topic, fed.key, fed.value, fed.stamp)).encode(), digest_size=8).digest()


async def _behind(settings: Settings, link: RedisLink) -> str:
    """What is still to be done; empty where nothing is: all is committed, all is applied, every event serves."""
    async with admin(settings) as client:
        partitions = await log_partitions(client, settings)
        commits = await committed(client, settings, partitions)
    async with reader(settings) as consumer:
        ends = {tp: end for tp, end in (await consumer.end_offsets(partitions)).items() if end}
    missing = sum(end - (commits[tp].offset if tp in commits else 0) for tp, end in ends.items())
    applied = await Applied(link.client, settings).read(list(ends))
    unapplied = sum(end - (applied[tp] or 0) for tp, end in ends.items())
    if missing or unapplied:
        return f"{missing} records are not committed, {unapplied} not applied"
    catalog = Catalog(link.client, settings)
    serving, pending = await catalog.serving(), await catalog.pending()
    tracked = await read_tracked(settings)
    if {each.tag for each in tracked.values()} != {each.tag for each in serving.values()} or pending:
        return f"tracked are {sorted(tracked)}, serving {sorted(serving)}, pending {sorted(pending)}"
    return ""


async def _ever_tracked(settings: Settings) -> set[str]:
    """The tag of every revision that was ever applied."""
    records = [raw async for raw in read_topic(settings, TRACKED_EVENTS) if raw.value is not None]
    return {decode_tracked_event(raw.value).tag for raw in records}


def _find_lost(sent: Counter[bytes], log: Iterable[tuple[bool, ConsumerRecord]], verdict: Verdict) -> None:
    there = Counter(
        identity(Fed(ARTICLES if is_article else POSTS, raw.key, raw.value, raw.timestamp)) for is_article, raw in log
    )
    for _ in (sent - there).elements():
        verdict.lacks("a record that Kafka confirmed")
