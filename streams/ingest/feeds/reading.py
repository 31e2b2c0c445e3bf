"""One look at one feed: fetch, read, map, and keep what is new or has changed. Owns what is known of the feed.

Knows neither when it is asked for nor who takes what it gives: what it learns holds only once that was taken.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import msgspec

from schemas import Article
from schemas.codec import Unusable
from streams.ingest import feeds as mappers
from streams.ingest.feeds import entries, gdelt, pages, transcripts
from streams.ingest.feeds.articles import articles
from streams.ingest.feeds.entries import Entry
from streams.ingest.feeds.fetching import Document, Fetcher, Mark, NotFetched
from streams.ingest.feeds.known import Known
from streams.ingest.feeds.listing import Feed
from streams.ingest.frame.source import Batch, Item, Refusal
from streams.ingest.mapping import Outcome
from streams.ingest.times import to_milliseconds

log = logging.getLogger(__name__)

#: Articles of a batch.
BATCH: Final = 200
#: Bytes of one of GDELT's files, and files that are made up for after a break: a day of them.
_GDELT_BYTES, _GDELT_FILES = 64 * 1024 * 1024, 96


class Position(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True, gc=False):
    """How far a feed has been read: the version of its last answer; of GDELT's list the newest file."""

    mark: Mark = Mark()
    file: str = ""


class Look(msgspec.Struct, frozen=True, gc=False):
    """What one look at a feed gave: batches, and the position from which the next one goes on. `moved`: its new
    address, where it has moved for good."""

    batches: tuple[Batch, ...]
    position: Position
    moved: str = ""


class Reader:
    """Looks at one feed. `known` begins anew where what it gave was never taken."""

    def __init__(self, feed: Feed, clock: Callable[[], float]) -> None:
        """`clock` gives the present in unix seconds."""
        self.feed = feed
        self._clock = clock
        self._known = Known()
        self._refused: set[str] = set()

    def forget(self) -> None:
        """Take every item for new."""
        self._known = Known()

    async def look(self, fetcher: Fetcher, position: Position) -> Look:
        """What is new since `position`. Raises `NotFetched`, and `Unusable` where there is something else."""
        document = await fetcher.fetch(self.feed.url, position.mark)
        if document.body is None:
            return Look((), position, document.moved)
        files = gdelt.listed(document.body)
        if files:
            return await self._gdelt(files, position, fetcher)
        return Look(await self._feed(document, document.body, fetcher), Position(document.mark), document.moved)

    async def _feed(self, document: Document, body: bytes, fetcher: Fetcher) -> tuple[Batch, ...]:
        # In a thread: a large feed takes a second.
        channel = await asyncio.to_thread(entries.read, body, document.url, document.content_type)
        outcomes = await asyncio.to_thread(articles, channel, self.feed.manner, document.url)
        batches = self._batches(outcomes, lambda number: msgspec.json.encode(channel.entries[number]))
        if not (self.feed.text or self.feed.kind == "transcript"):
            return batches
        found: dict[str, Entry] = {}
        for entry, outcome in zip(channel.entries, outcomes, strict=True):
            if isinstance(outcome, Article) and isinstance(entry, Entry):
                found.setdefault(outcome.url, entry)
        return tuple([await self._completed(batch, found, fetcher) for batch in batches])

    async def _gdelt(self, files: Sequence[str], position: Position, fetcher: Fetcher) -> Look:
        """The files since the last one that was read, at most a day of them; one that isn't there is passed over."""
        batches: list[Batch] = []
        for url in gdelt.since(position.file, files, self.feed.gdelt, _GDELT_FILES):
            try:
                document = await fetcher.fetch(url, most=_GDELT_BYTES)
            except NotFetched as error:
                if error.away:
                    raise
                log.warning("%s: %s", url, error)
                continue
            outcomes = await asyncio.to_thread(_mapped, document.body or b"", self.feed)
            batches += self._batches(outcomes, partial(_row, url))
        return Look(tuple(batches), Position(file=max(files)))

    def _batches(self, outcomes: Sequence[Outcome], raw: Callable[[int], bytes]) -> tuple[Batch, ...]:
        """What is new or changed among them; and what can't be used, once for as long as the feed repeats it."""
        now = int(self._clock() * 1_000)
        news = self._known.changed([each for each in outcomes if isinstance(each, Article)], now)
        bad: dict[str, Refusal] = {}
        for number, each in enumerate(outcomes):
            if isinstance(each, Unusable):
                found = raw(number)
                bad.setdefault(f"{each.reason} {found!r}", Refusal(each.reason, each.detail, found))
        refused = tuple(each for told, each in bad.items() if told not in self._refused)
        self._refused = set(bad)
        batches = [
            Batch(tuple(Item(each, _time(each)) for each in news[start : start + BATCH]))
            for start in range(0, len(news), BATCH)
        ]
        return (*batches, Batch(refused=refused)) if refused else tuple(batches)

    async def _completed(self, batch: Batch, found: dict[str, Entry], fetcher: Fetcher) -> Batch:
        items = []
        for item in batch.items:
            assert isinstance(item.record, Article)
            body = await self._body(item.record, found[item.record.url], fetcher)
            items.append(item if body is None else Item(msgspec.structs.replace(item.record, body=body), item.time))
        return msgspec.structs.replace(batch, items=tuple(items))

    async def _body(self, article: Article, entry: Entry, fetcher: Fetcher) -> str | None:
        """What stands behind the link; None where it can't be had: the item comes without."""
        spoken = entry.transcript if self.feed.kind == "transcript" else None
        if spoken is None and not self.feed.text:
            return None
        try:
            document = await fetcher.fetch(spoken or article.url, most=pages.MOST)
            if spoken is not None:
                return (await asyncio.to_thread(transcripts.text, document.body or b""))[:1_000_000]
            return await asyncio.to_thread(pages.text, document.body or b"", document.url)
        except (NotFetched, Unusable) as error:
            log.info("%s: its text cannot be had: %s", spoken or article.url, error)
            return None


def _time(article: Article) -> int | None:
    """When the feed came by it, unix milliseconds: its last change, else its publication."""
    published = None if article.published_at is None else to_milliseconds(article.published_at)
    return max(article.version, published or 0) or None


def _row(url: str, number: int) -> bytes:
    return f"{url} {number}".encode()


def _mapped(body: bytes, feed: Feed) -> list[Outcome]:
    return list(mappers.records(body, feed.manner))
