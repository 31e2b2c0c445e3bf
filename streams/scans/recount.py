"""The from-scratch recount: reads the log plainly and says what Redis ought to hold.

An implementation of its own: no index, no tombstones, no sums, just the highest record of each post. It shares with the
workers only what a record says (`worker.prepare`) and what a rule means (`matching`).
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from schemas import TrackedEvent
from schemas.codec import Unusable
from streams.connections import (
    Extent,
    Progress,
    RedisLink,
    admin,
    batches,
    committed,
    held,
    log_partitions,
    reader,
)
from streams.errors import UserError
from streams.matching import Matcher
from streams.settings import Settings
from streams.topics import ARTICLE_LANE, ARTICLES, POSTS, TRACKED_EVENTS, require
from streams.tracking.topic import read_tracked
from streams.trends import Catalog
from streams.trends.audit import Auditor, Difference, Expected
from streams.worker.prepare import AHEAD, Rules, decode, find_hits, standing

HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Report:
    """One event's recount: how many posts and hours were compared, and what differs."""

    event: TrackedEvent
    posts: int
    hours: int
    differences: tuple[Difference, ...]

    @property
    def equal(self) -> bool:
        """Whether Redis holds exactly what the log says."""
        return not self.differences


async def recount(
    settings: Settings,
    event_ids: Sequence[str],
    *,
    patience: float,
    since: int | None = None,
    progress: Progress = lambda done, of: None,
) -> list[Report]:
    """Recount these events, or all that serve where none is named; from the log's start, or from `since`, unix seconds.

    Waits up to `patience` seconds for back-fills to end and for the workers' commits to pass the log's present end.
    Raises `UserError` where that doesn't happen, for an event that isn't tracked, or where no hour began after `since`.
    """
    if since is not None and -(-(since + AHEAD) // HOUR) > int(time.time()) // HOUR:
        raise UserError(
            f"--from: no hour has begun since {datetime.fromtimestamp(since, UTC):%Y-%m-%dT%H:%M:%SZ}, and hours are "
            "compared whole; expected an earlier instant, such as 2h"
        )
    await require(settings, POSTS, ARTICLES, TRACKED_EVENTS)
    link = RedisLink(settings)
    deadline = time.monotonic() + patience
    try:
        async with reader(settings, max_poll_records=5_000) as consumer:
            extent = await _extent(consumer, settings, since)
            await _wait_for_commits(settings, extent, deadline)
            events = await _wait_for_serving(settings, Catalog(link.client, settings), event_ids, deadline)
            counted = Recount(events, settings)
            log_start = await counted.read(consumer, extent, progress)
        if since is not None:
            log_start = max(since, log_start or 0)
        lanes = {_lane(tp, settings): end for tp, end in extent.ends.items()}
        first = (int(time.time()) - settings.keep) // HOUR
        if log_start is not None:  # a post may say that it was written a little after Kafka got it
            first = -(-(log_start + AHEAD) // HOUR)
        hours = range(first, int(time.time()) // HOUR + 2)
        auditor = Auditor(link.client, settings)
        reports = []
        for event in events:
            audit = await auditor.compare(
                event.tag,
                counted.expected(event.tag),
                lambda lane, offset: offset >= lanes.get(lane, 0),
                hours,
            )
            reports.append(Report(event, audit.posts, audit.hours, tuple(audit.differences)))
        return reports
    finally:
        await link.close()


async def moment(settings: Settings, name: str, partition: int, offset: int) -> int:
    """When (unix seconds, rounded down) this record came into the topic of that short name.

    Raises `UserError` where the log does not hold it.
    """
    tp = TopicPartition(settings.topic(name), partition)
    async with admin(settings) as client, reader(settings) as consumer:
        if name in (POSTS, ARTICLES) and tp in await log_partitions(client, settings):
            consumer.assign([tp])
            first, end = (await consumer.beginning_offsets([tp]))[tp], (await consumer.end_offsets([tp]))[tp]
            if first <= offset < end:
                consumer.seek(tp, offset)
                return int((await consumer.getone()).timestamp) // 1_000
            raise UserError(f"{tp.topic}/{partition} holds the offsets from {first} to {end - 1}, not {offset}")
    raise UserError(f"no partition {partition} of {tp.topic}: name one of {POSTS} or {ARTICLES}")


async def standing_posts(
    settings: Settings, events: Sequence[TrackedEvent], progress: Progress = lambda done, of: None
) -> tuple[dict[str, list[Expected]], int | None]:
    """What stands of each event (by tag) of all that the log holds now, whether tracked or not; and when the log begins
    (unix seconds; None: it is empty). Raises `UserError` where the topics don't exist.
    """
    await require(settings, POSTS, ARTICLES)
    async with reader(settings, max_poll_records=5_000) as consumer:
        extent = await _extent(consumer, settings, None)
        found = await consumer.offsets_for_times(dict.fromkeys(extent.ends, 0))
        counted = Recount(events, settings)
        await counted.read(consumer, extent, progress)
    began = min((each.timestamp // 1_000 for each in found.values() if each is not None), default=None)
    return {event.tag: counted.expected(event.tag) for event in events}, began


class Recount:
    """What stands of each post, by the plainest reading of the log."""

    def __init__(self, events: Sequence[TrackedEvent], settings: Settings) -> None:
        self._settings = settings
        self._rules = Rules.of(Matcher(events), 0)
        self._seen: dict[bytes, tuple[int, int]] = {}
        self._matched: dict[str, dict[bytes, Expected]] = {event.tag: {} for event in events}

    async def read(self, consumer: AIOKafkaConsumer, extent: Extent, progress: Progress) -> int | None:
        """Read the whole extent. Returns when the log begins (unix seconds); None where nothing of it was lost."""
        began: int | None = None
        done = 0
        async for tp, records in batches(consumer, extent):
            if extent.starts[tp] > 0 and records[0].offset == extent.starts[tp]:
                began = max(began or 0, records[0].timestamp // 1_000)
            for raw in records:
                self._take(raw)
            done += len(records)
            progress(done, extent.records)
            await asyncio.sleep(0)
        return began

    def expected(self, tag: str) -> list[Expected]:
        """What stands in this revision: the records that match it and that no later record of the post replaced."""
        return [
            each
            for post, each in self._matched[tag].items()
            if (each.version, each.offset) >= self._seen.get(post, (0, -1))
        ]

    def _take(self, raw: ConsumerRecord) -> None:
        is_article = raw.topic == self._settings.topic(ARTICLES)
        try:
            decoded = decode(raw, is_article=is_article, lateness=self._settings.lateness)
        except Unusable:
            return
        stands = standing(decoded, find_hits(decoded, self._rules))
        if stands is None:
            return
        order = (stands.version, stands.offset)
        if stands.visible:
            self._seen[stands.post] = max(order, self._seen.get(stands.post, order))
        for tag, contribution in stands.contributions.items():
            known = self._matched[tag].get(stands.post)
            if known is None or (known.version, known.offset) <= order:
                self._matched[tag][stands.post] = Expected(
                    stands.post, *order, stands.partition, stands.at, contribution
                )


def _lane(tp: TopicPartition, settings: Settings) -> int:
    return int(tp.partition) | (ARTICLE_LANE if tp.topic == settings.topic(ARTICLES) else 0)


async def _extent(consumer: AIOKafkaConsumer, settings: Settings, since: int | None) -> Extent:
    async with admin(settings) as client:
        partitions = await log_partitions(client, settings)
    extent = await held(consumer, partitions)
    if since is None:
        return extent
    found = await consumer.offsets_for_times(dict.fromkeys(partitions, since * 1_000))
    return Extent({tp: found[tp].offset if found[tp] else extent.ends[tp] for tp in partitions}, extent.ends)


async def _wait_for_commits(settings: Settings, extent: Extent, deadline: float) -> None:
    wanted = {tp: end for tp, end in extent.ends.items() if end > extent.starts[tp]}
    async with admin(settings) as client:
        while wanted:
            found = await committed(client, settings, wanted)
            wanted = {tp: end for tp, end in wanted.items() if tp not in found or found[tp].offset < end}
            if wanted and time.monotonic() > deadline:
                behind = sum(end - (found[tp].offset if tp in found else 0) for tp, end in wanted.items())
                raise UserError(
                    f"the workers of group {settings.group!r} are {behind} records behind; is one running? "
                    "Wait longer with --wait",
                    code=75,
                )
            if wanted:
                await asyncio.sleep(0.3)


async def _wait_for_serving(
    settings: Settings, catalog: Catalog, event_ids: Sequence[str], deadline: float
) -> list[TrackedEvent]:
    """The events as they are tracked, once it is these revisions that serve."""
    tracked = await read_tracked(settings)
    if not tracked:
        raise UserError("no event is tracked, so nothing is counted; `tocsin events apply FILE` tracks one")
    unknown = [each for each in event_ids if each not in tracked]
    if unknown:
        raise UserError(f"no tracked event {', '.join(map(repr, unknown))}; `tocsin events list` names them")
    wanted = {each: tracked[each].tag for each in event_ids or sorted(tracked)}
    while True:
        serving = await catalog.serving()
        waiting = [each for each, tag in wanted.items() if each not in serving or serving[each].tag != tag]
        if not waiting:
            return [serving[each] for each in wanted]
        if time.monotonic() > deadline:
            raise UserError(
                f"{', '.join(waiting)}: still being back-filled; is a worker running? Wait longer with --wait", code=75
            )
        await asyncio.sleep(0.3)
