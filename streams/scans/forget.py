"""Forgetting: deletes for every post of an author, or for one post or article, found by reading the log.

A delete takes a post out of every count, whatever comes again of it. Its bytes in Kafka go when retention takes them.
Knows the log and what a record says; Redis follows by itself, as for any other delete.
"""

import re
import time
from dataclasses import dataclass, field

from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from schemas import Article
from schemas.article import ArticleDeletion
from schemas.codec import Unusable, decode_article, decode_post, encode
from schemas.post import Post, PostDeletion
from streams.connections import Progress, admin, batches, held, log_partitions, reader
from streams.errors import UserError
from streams.ingest.producing import Outgoing, Sender
from streams.settings import Settings
from streams.topics import ARTICLES, POSTS, require

#: Deletes that are sent before the first of them has to be confirmed.
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Target:
    """Who or what is to be forgotten: an author of a platform, by handle or by id, or the key of one record."""

    platform: str = ""
    handle: str = ""
    id: str = ""
    key: str = ""

    def means(self, record: Post | Article) -> bool:
        """Whether this record is to go. Handles are compared without regard to case."""
        if self.key:
            return record.key == self.key
        if not isinstance(record, Post) or record.platform != self.platform:
            return False
        if self.id:
            return record.author.id == self.id
        return record.author.handle.casefold() == self.handle.casefold()


def target(text: str, *, by_id: bool) -> Target:
    """What is meant by PLATFORM/HANDLE, PLATFORM:ID or a URL. Raises `UserError`."""
    if re.match(r"https?://", text):
        return Target(key=text)
    if found := re.fullmatch(r"([a-z][a-z0-9-]*)/@?(\S+)", text):
        return Target(platform=found[1], id=found[2]) if by_id else Target(platform=found[1], handle=found[2])
    if re.fullmatch(r"[a-z][a-z0-9-]*:\S+", text):
        return Target(key=text)
    raise UserError(
        f"{text[:100]!r} names neither an author (PLATFORM/HANDLE: x/someone) nor a post (PLATFORM:ID: x:123) nor an "
        "article (its URL)"
    )


@dataclass(slots=True)
class Found:
    """What the log holds: topic and key of each record that is to go -> the highest version met of it."""

    versions: dict[tuple[str, str], int] = field(default_factory=dict)
    deleted: set[tuple[str, str]] = field(default_factory=set)
    """Those whose last word is a delete already."""

    @property
    def standing(self) -> list[tuple[str, str]]:
        """Those that still count."""
        return [each for each in self.versions if each not in self.deleted]


async def find(settings: Settings, wanted: Target, progress: Progress = lambda done, of: None) -> Found:
    """Read the log from its start to its present end."""
    await require(settings, POSTS, ARTICLES)
    async with admin(settings) as client:
        partitions = await log_partitions(client, settings)
    found = _Search(settings, wanted)
    async with reader(settings, max_poll_records=5_000) as consumer:
        extent, done = await held(consumer, partitions), 0
        async for tp, records in batches(consumer, extent):
            for raw in records:
                found.take(tp, raw)
            done += len(records)
            progress(done, extent.records)
    return found.result()


class _Search:
    """Deletes carry no author, so the last word on every post that was deleted is kept until the end."""

    def __init__(self, settings: Settings, wanted: Target) -> None:
        self._articles = settings.topic(ARTICLES)
        self._wanted = wanted
        self._found = Found()
        self._deletes: dict[tuple[str, str], tuple[int, int]] = {}
        self._last: dict[tuple[str, str], tuple[int, int]] = {}

    def take(self, tp: TopicPartition, raw: ConsumerRecord) -> None:
        """Look at one record; what can't be used is passed over, as the workers do."""
        try:
            record = decode_article(raw.value) if tp.topic == self._articles else decode_post(raw.value)
        except Unusable:
            return
        known, order = (tp.topic, record.key), (record.version, raw.offset)
        if isinstance(record, PostDeletion | ArticleDeletion) or record.op == "delete":
            self._deletes[known] = max(order, self._deletes.get(known, order))
        elif self._wanted.means(record):
            self._last[known] = max(order, self._last.get(known, order))

    def result(self) -> Found:
        """What was found, now that all is read."""
        for known, order in self._last.items():
            deleted = self._deletes.get(known, (0, -1))
            self._found.versions[known] = max(order, deleted)[0]
            if deleted > order:
                self._found.deleted.add(known)
        return self._found


async def delete(settings: Settings, found: Found, progress: Progress = lambda done, of: None) -> int:
    """Send a delete of each record that still counts; how many, once Kafka has confirmed them."""
    now = int(time.time() * 1_000)
    sender = Sender(settings)
    await sender.start()
    try:
        standing = found.standing
        for start in range(0, len(standing), _AT_ONCE):
            some = standing[start : start + _AT_ONCE]
            await (await sender.send([_deletion(settings, each, max(now, found.versions[each]), now) for each in some]))
            progress(start + len(some), len(standing))
    finally:
        await sender.stop()
    return len(standing)


def _deletion(settings: Settings, known: tuple[str, str], version: int, now: int) -> Outgoing:
    # At the same version the later offset stands: a version that is as high wins.
    topic, key = known
    if topic == settings.topic(ARTICLES):
        record: ArticleDeletion | PostDeletion = ArticleDeletion(url=key, op="delete", version=version)
    else:
        platform, _, id_ = key.partition(":")
        record = PostDeletion(platform=platform, id=id_, op="delete", version=version)
    return Outgoing(topic, key.encode(), encode(record), now)
