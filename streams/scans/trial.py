"""A rule on the last records of the log, before anything is tracked: how much it would catch, and what.

Reads Kafka with a reader of its own and matches in a thread; writes nothing, asks Redis nothing. Bounded whatever the
rule and the log: records, bytes and seconds. Of each post only its latest record in that stretch stands, and a deleted
one not at all.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord
from msgspec import Struct

from schemas import Article, ArticleDeletion, Post, PostDeletion, TrackedEvent
from schemas.codec import Unusable, decode_article, decode_post
from streams.connections import admin, log_partitions, reader
from streams.lemmas import inflect
from streams.matching import EventDraft, Inflected, Matcher, RuleReport, check_event, expand, report_event, seal
from streams.scans.passages import Passage, passages
from streams.settings import Settings
from streams.topics import ARTICLES
from streams.tracking.files import RULE

#: Records that are looked at unless fewer are asked for.
RECORDS = 10_000
#: Bytes and seconds after which the answer is of what was read until then: very long articles, a very slow Kafka.
MOST_BYTES = 64 * 1_048_576
MOST_SECONDS = 15.0
#: Posts that are shown.
SAMPLES = 20
#: Records that are matched between two looks at the clock.
SLICE = 500
#: Looking for the instant at which the stretch begins ends with this share of its records.
_NEAR_ENOUGH = 0.98


class Understood(Struct, frozen=True):
    """A rule as it was understood, ready to be tried."""

    report: RuleReport
    lemmas: Mapping[str, Inflected]
    warnings: Sequence[str]
    event: TrackedEvent


class Caught(Struct, frozen=True):
    """A record that matched; `at` is when it was written, or when Kafka got it (unix ms)."""

    record: Post | Article
    at: int
    passages: Sequence[Passage]


class Outcome(Struct, frozen=True):
    """What the rule catches of the stretch; `complete` is false where bytes or seconds ran out before its end.

    `records` were read, from `begins` to `ends` (Kafka's timestamps, unix ms; None of an empty log). `posts` and
    articles stand at the stretch's end, `matched` of them match. `samples` are the latest of these, latest first.
    """

    records: int
    unusable: int
    posts: int
    matched: int
    begins: int | None
    ends: int | None
    complete: bool
    samples: Sequence[Caught]


def understand(rule: str, lists: Mapping[str, Sequence[str]]) -> Understood:
    """Parse and check a rule. `lists` are those it may name. Raises `RuleError` with the column; loads dictionaries."""
    inflected = expand({"match": rule}, inflect)
    draft = EventDraft(RULE, RULE, rule, lists={name: tuple(each) for name, each in lists.items()}, inflected=inflected)
    warnings = check_event(draft)
    return Understood(report_event(draft)[0], inflected, warnings, seal(draft, datetime.now(UTC)))


async def attempt(settings: Settings, event: TrackedEvent, records: int = RECORDS) -> Outcome:
    """Match the last `records` of posts and articles together. Raises `KafkaError`, or `UserError` without topics."""
    deadline = time.monotonic() + MOST_SECONDS
    async with admin(settings) as client:
        partitions = await log_partitions(client, settings)
    trial = _Trial(settings.topic(ARTICLES), Matcher([event]))
    async with reader(settings, max_poll_records=SLICE) as consumer:
        ends = await consumer.end_offsets(partitions)
        starts = await _starts(consumer, partitions, ends, records)
        left = {tp for tp in partitions if starts[tp] < ends[tp]}
        consumer.assign(list(left))
        for tp in left:
            consumer.seek(tp, starts[tp])
        while left and trial.bytes < MOST_BYTES and time.monotonic() < deadline:
            for tp, found in (await consumer.getmany(*left, timeout_ms=500)).items():
                await asyncio.to_thread(trial.take, [each for each in found if each.offset < ends[tp]])
            for tp in list(left):
                if await consumer.position(tp) >= ends[tp]:
                    left.discard(tp)
                    consumer.pause(tp)
    return await asyncio.to_thread(trial.outcome, not left)


async def _starts(
    consumer: AIOKafkaConsumer,
    partitions: Sequence[TopicPartition],
    ends: Mapping[TopicPartition, int],
    records: int,
) -> Mapping[TopicPartition, int]:
    """Where the last `records` begin: the offsets of one instant, found by halving time, on all partitions alike."""
    starts: Mapping[TopicPartition, int] = await consumer.beginning_offsets(list(partitions))
    if _size(starts, ends) <= records:
        return starts
    early, late = 0, int(time.time() * 1_000) + 120_000
    too_many, best = starts, dict(ends)
    while late - early > 1 and _size(best, ends) < records * _NEAR_ENOUGH:
        middle = (early + late) // 2
        asked = await consumer.offsets_for_times(dict.fromkeys(partitions, middle))
        found = {tp: asked[tp].offset if asked[tp] else ends[tp] for tp in partitions}
        if _size(found, ends) > records:
            early, too_many = middle, found
        else:
            late, best = middle, found
    missing = records - _size(best, ends)
    for tp in partitions:  # of one millisecond's records, those of any partition
        taken = min(missing, max(0, best[tp] - too_many[tp]))
        best[tp] -= taken
        missing -= taken
    return best


def _size(starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]) -> int:
    return sum(max(0, end - starts[tp]) for tp, end in ends.items())


class _Standing(Struct, frozen=True):
    """A record that stands, kept whole where it matched."""

    at: int
    caught: Post | Article | None


class _Trial:
    """What was read so far. Used in a thread, one call at a time."""

    def __init__(self, articles: str, matcher: Matcher) -> None:
        self.bytes = 0
        self._articles = articles
        self._matcher = matcher
        self._records = 0
        self._unusable = 0
        self._times: tuple[int, int] | None = None
        self._standing: dict[str, _Standing | None] = {}
        self._orders: dict[str, tuple[int, int]] = {}

    def take(self, raws: Sequence[ConsumerRecord]) -> None:
        for raw in raws:
            self._records += 1
            self.bytes += len(raw.value or b"")
            first, last = self._times or (raw.timestamp, raw.timestamp)
            self._times = min(first, raw.timestamp), max(last, raw.timestamp)
            try:
                record = decode_article(raw.value) if raw.topic == self._articles else decode_post(raw.value)
            except Unusable:
                self._unusable += 1
                continue
            order = (record.version, raw.offset)
            if order < self._orders.get(record.key, order):
                continue
            self._orders[record.key] = order
            self._standing[record.key] = self._judged(record, raw)

    def _judged(self, record: Post | PostDeletion | Article | ArticleDeletion, raw: ConsumerRecord) -> _Standing | None:
        if record.op == "delete" or isinstance(record, PostDeletion | ArticleDeletion):
            return None
        written = record.published_at if isinstance(record, Article) else record.created_at
        at = raw.timestamp if written is None else round(written.timestamp() * 1_000)
        matches = bool(self._matcher.match(record))
        return _Standing(at, record if matches else None)

    def outcome(self, complete: bool) -> Outcome:
        standing = [each for each in self._standing.values() if each is not None]
        matched = sorted((each for each in standing if each.caught is not None), key=lambda each: -each.at)
        begins, ends = self._times or (None, None)
        return Outcome(
            records=self._records,
            unusable=self._unusable,
            posts=len(standing),
            matched=len(matched),
            begins=begins,
            ends=ends,
            complete=complete,
            samples=[self._caught(each) for each in matched[:SAMPLES]],
        )

    def _caught(self, standing: _Standing) -> Caught:
        record = standing.caught
        assert record is not None
        (spans,) = self._matcher.explain(record, self._matcher.match(record))
        return Caught(record, standing.at, passages(record, spans))
