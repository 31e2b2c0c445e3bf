"""What an editor reads behind the numbers of an event: posts with their texts, copies, and who came first.

Puts together what Redis says (`trends`: which posts, and where their records lie) and what the log holds (`postings`).
Where the log has lost a record by now, the post is still named by its author and time.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiokafka.errors import KafkaError

from schemas import Article, Post, TrackedEvent
from schemas.event import OTHER
from streams.errors import UserError
from streams.evidence.postings import Place, Posting, Postings, place
from streams.settings import Settings
from streams.trends import WINDOWS, NotKept
from streams.trends.cells import Cells, Entry, Filter, Found
from streams.trends.contributions import SLOT
from streams.trends.drivers import Authors, Copies, Drivers, Part
from streams.trends.overview import PEOPLE_WINDOWS

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """A post that stands. `at` is in unix seconds, to ten of them where the log holds no better.

    `id`, `url`, `text` and so on are None where `gone`: the log no longer holds the record, or was not read.
    """

    place: Place
    at: float
    author: str
    platform: str
    kind: str
    lang: str
    claims: tuple[str, ...]
    groups: tuple[str, ...]
    gone: bool
    id: str | None
    url: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class First:
    """When a claim or group was first counted: `at` in unix seconds, and by which post; None: only the hour is kept."""

    at: float
    post: Shown | None


@dataclass(frozen=True, slots=True)
class Behind:
    """Who drives an event. By window: voices and authors (a window that is not kept is left out), copies, shares by
    dimension; and by `claim:…` or `group:…` who came first."""

    voices: Mapping[str, int | None]
    authors: Mapping[str, Authors]
    copies: Mapping[str, Sequence[tuple[Copies, Shown]]]
    shares: Mapping[str, Mapping[str, Part]]
    first_seen: Mapping[str, First]


class Evidence:
    """Answers from both; whoever made the postings closes them."""

    def __init__(self, settings: Settings, cells: Cells, drivers: Drivers, postings: Postings) -> None:
        self._settings = settings
        self._cells = cells
        self._drivers = drivers
        self._postings = postings

    async def posts(
        self, tag: str, window: str, wanted: Filter, limit: int, at: int | None = None
    ) -> tuple[Found, list[Shown]]:
        """The posts behind a number, and the latest of them as they read. Raises `NotKept`, and KafkaError."""
        found = await self._cells.behind(tag, window, wanted, limit, at)
        records = await self._postings.read([self._place(entry) for entry in found.latest])
        return found, [self._shown(entry, records) for entry in found.latest]

    async def behind(self, event: TrackedEvent, at: int | None = None) -> Behind:
        """Who drives an event. Without Kafka it lacks the texts, with one line in the log."""
        drivers, tag = self._drivers, event.tag
        names = [*(f"claim:{name}" for name in event.claims), *(f"group:{name}" for name in (*event.groups, OTHER))]
        seen = await drivers.first_seen(tag, names, at)
        voices: dict[str, int | None] = {}
        authors: dict[str, Authors] = {}
        copies: dict[str, list[Copies]] = {}
        for window in PEOPLE_WINDOWS:
            try:
                voices |= await drivers.voices(tag, [window], at)
                authors[window] = await drivers.authors(tag, window, at)
                copies[window] = await drivers.copies(tag, window, at)
            except NotKept:
                continue
        shares = await drivers.shares(tag, tuple(WINDOWS), at)
        entries = [each.first for found in copies.values() for each in found]
        entries += [entry for first in seen.values() for entry in first.entries]
        records = await self._records(entries)
        return Behind(
            voices,
            authors,
            {window: [(each, self._shown(each.first, records)) for each in found] for window, found in copies.items()},
            shares,
            {name: self._first(first.hour, first.entries, records) for name, first in sorted(seen.items())},
        )

    async def _records(self, entries: Sequence[Entry]) -> Mapping[Place, Posting]:
        try:
            return await self._postings.read([self._place(entry) for entry in entries])
        except (KafkaError, UserError, OSError) as error:
            log.warning("Texts are left out, the log cannot be read: %s", error)
            return {}

    def _first(self, hour: int, entries: Sequence[Entry], records: Mapping[Place, Posting]) -> First:
        posts = [self._shown(entry, records) for entry in entries]
        earliest = min(posts, key=lambda post: (post.at, post.place), default=None)
        return First(hour * 3_600, None) if earliest is None else First(earliest.at, earliest)

    def _place(self, entry: Entry) -> Place:
        return place(self._settings, entry.lane, entry.offset)

    def _shown(self, entry: Entry, records: Mapping[Place, Posting]) -> Shown:
        at, c = self._place(entry), entry.contribution
        record = records.get(at)
        return Shown(
            place=at,
            at=_instant(entry, record),
            author=c.author,
            platform=c.platform,
            kind=c.kind,
            lang=c.lang,
            claims=c.claims,
            groups=c.groups,
            gone=record is None,
            id=None if record is None else record.key,
            url=None if record is None else record.url,
            text=None if record is None else _text(record),
        )


def _instant(entry: Entry, record: Posting | None) -> float:
    """When it was written: by the record's own time where the ledger counted it by that."""
    own: datetime | None = None
    if record is not None:
        own = record.created_at if isinstance(record, Post) else record.published_at
    if own is not None and entry.at <= own.timestamp() < entry.at + SLOT:
        return own.timestamp()
    return float(entry.at)


def _text(record: Posting) -> str:
    if isinstance(record, Article):
        return "\n".join(part for part in (record.title, record.summary) if part)
    return record.reposted.text if record.reposted is not None else record.text
