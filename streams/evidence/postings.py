"""Reads single records of `posts` and `articles` back from the log, by partition and offset: the text behind a number.

Redis holds no text, but its ledger names the place of every record that it counted. Knows Kafka and what a record says;
knows neither Redis nor events, nor why somebody asks.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from schemas import Article, ArticleDeletion, Post, PostDeletion
from schemas.codec import Unusable, decode_article, decode_post
from streams.connections import reader
from streams.settings import Settings
from streams.topics import ARTICLE_LANE, ARTICLES, POSTS, require

#: Seconds in which Kafka has to give what one call asks for.
READ_LIMIT = 10.0
#: Records that are rather read past than sought past: about what one fetch brings.
NEAR = 300
#: Bytes that Kafka is asked for at a time; a larger record comes alone.
FETCH_BYTES = 256 * 1024

Posting: TypeAlias = Post | Article


class Place(NamedTuple):
    """Where a record lies: `topic` is the full name."""

    topic: str
    partition: int
    offset: int


def place(settings: Settings, lane: int, offset: int) -> Place:
    """The place of a record that the ledger remembers by its lane (`Standing.partition`) and offset."""
    is_article = bool(lane & ARTICLE_LANE)
    return Place(settings.topic(ARTICLES if is_article else POSTS), lane & ~ARTICLE_LANE, offset)


class Postings:
    """A reader outside every group; connects when it is first asked. Calls at the same time take turns."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._articles = settings.topic(ARTICLES)
        self._consumer: AIOKafkaConsumer | None = None
        self._turn = asyncio.Lock()

    async def read(self, places: Iterable[Place]) -> dict[Place, Posting]:
        """The records at these places, but for those that the log no longer holds (or that are deletions).

        Costs up to one fetch a place, so the caller limits their number. Raises KafkaError, after `READ_LIMIT` seconds
        at most, and `UserError` where the topics don't exist.
        """
        wanted: dict[TopicPartition, set[int]] = {}
        for each in places:
            wanted.setdefault(TopicPartition(each.topic, each.partition), set()).add(each.offset)
        if not wanted:
            return {}
        async with self._turn:
            try:
                async with asyncio.timeout(READ_LIMIT):
                    return await self._read(await self._open(), wanted)
            except TimeoutError:
                await self._drop()
                raise KafkaTimeoutError(f"the log was not read within {READ_LIMIT:g} s") from None
            except BaseException:
                await self._drop()
                raise

    async def close(self) -> None:
        """Disconnect."""
        async with self._turn:
            await self._drop()

    async def _open(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            await require(self._settings, POSTS, ARTICLES)
            self._consumer = reader(self._settings, max_partition_fetch_bytes=FETCH_BYTES, fetch_max_wait_ms=100)
            await self._consumer.start()
        return self._consumer

    async def _drop(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()

    async def _read(
        self, consumer: AIOKafkaConsumer, wanted: Mapping[TopicPartition, set[int]]
    ) -> dict[Place, Posting]:
        starts, ends = await consumer.beginning_offsets(list(wanted)), await consumer.end_offsets(list(wanted))
        left: dict[TopicPartition, deque[int]] = {}
        for tp, offsets in wanted.items():
            there = sorted(offset for offset in offsets if starts[tp] <= offset < ends[tp])
            if there:
                left[tp] = deque(there)
        if not left:
            return {}
        consumer.assign(list(left))
        for tp, offsets_left in left.items():
            consumer.seek(tp, offsets_left[0])
        found: dict[Place, Posting] = {}
        while left:
            for tp, records in (await consumer.getmany(*left, timeout_ms=500)).items():
                self._take(tp, records, left[tp], found)
                if not left[tp]:
                    del left[tp]
                elif left[tp][0] > records[-1].offset + NEAR:
                    consumer.seek(tp, left[tp][0])
        consumer.pause(*consumer.assignment())  # until the next call assigns anew, nothing more is fetched
        return found

    def _take(self, tp: TopicPartition, records: Iterable[Any], left: deque[int], found: dict[Place, Posting]) -> None:
        for raw in records:
            while left and left[0] < raw.offset:  # retention took it while we read
                left.popleft()
            if left and left[0] == raw.offset:
                left.popleft()
                record = _decoded(raw.value, is_article=tp.topic == self._articles)
                if record is not None:
                    found[Place(tp.topic, tp.partition, raw.offset)] = record


def _decoded(value: bytes | None, *, is_article: bool) -> Posting | None:
    try:
        record = decode_article(value) if is_article else decode_post(value)
    except Unusable:
        return None
    return None if isinstance(record, PostDeletion | ArticleDeletion) else record
