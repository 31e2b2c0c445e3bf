"""The posts behind a number: which cells of the ledger stand in an hour or a window, and where their records lie.

Reads only, of one revision (tag). Which text lies at a partition and offset is the log's to say: it knows no Kafka.
"""

import time
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import NamedTuple

from streams.settings import Settings
from streams.trends.contributions import HOUR, SLOT, Contribution, unpack_cell
from streams.trends.keys import Keys
from streams.trends.orders import ORDER_BYTES
from streams.trends.scripts import Client, scanned
from streams.trends.windows import WINDOWS, NotKept, extent


class Entry(NamedTuple):
    """A post that stands. They compare by when it was written (in steps of ten seconds), then by their place."""

    at: int
    lane: int
    offset: int
    post: bytes
    contribution: Contribution


@dataclass(frozen=True, slots=True)
class Filter:
    """Which posts are meant; None: all."""

    claim: str | None = None
    group: str | None = None
    platform: str | None = None

    def fits(self, contribution: Contribution) -> bool:
        """Whether a post is meant."""
        return (
            (self.claim is None or self.claim in contribution.claims)
            and (self.group is None or self.group in contribution.groups)
            and (self.platform is None or self.platform == contribution.platform)
        )

    @property
    def words(self) -> list[bytes]:
        """What stands in the cell of every post that is meant."""
        return [name.encode() for name in (self.claim, self.group, self.platform) if name]


@dataclass(frozen=True, slots=True)
class Found:
    """How many posts stand, between which instants (first, and one past the last), and the latest of them."""

    total: int
    first: int
    end: int
    latest: tuple[Entry, ...]


class Cells:
    """Reads the ledger. An hour of 20,000 posts takes about a tenth of a second; other clients are not kept waiting."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._redis = redis
        self._keys = Keys(settings.prefix)
        self._keep = int(settings.keep)

    def is_kept(self, hour: int) -> bool:
        """Whether the ledger of an hour (since the epoch) has not expired."""
        return (hour + 1) * HOUR + self._keep > time.time()

    async def standing(self, tag: str, hour: int, words: Collection[bytes] = ()) -> AsyncIterator[Entry]:
        """The posts that stand in an hour, in no order; those only whose cells hold any of the `words`, if given."""
        async for _, cells in scanned(self._redis, {hour: self._keys.event(tag, f"ledger:{hour}")}):
            for post, packed in cells.items():
                # Unpacking is what costs: most cells can be told by their bytes.
                if len(packed) > ORDER_BYTES and (not words or any(word in packed for word in words)):
                    cell = unpack_cell(packed)
                    assert cell.contribution is not None
                    at = hour * HOUR + cell.slot * SLOT
                    yield Entry(at, cell.partition, cell.offset, post, cell.contribution)

    async def behind(self, tag: str, window: str, wanted: Filter, limit: int, at: int | None = None) -> Found:
        """The posts behind a number: those that `Windows.counts` counts in this window, the latest `limit` of them.

        Raises `NotKept` where only longer buckets are kept of that time, or the ledger not at all.
        """
        now = int(time.time())
        first, end = extent(WINDOWS[window], now if at is None else at, now)
        if first >= end:
            raise NotKept(f"of that time only buckets longer than {window} are still kept")
        if not self.is_kept(first // HOUR):
            raise NotKept(f"which posts stood in the {window} before that time is no longer kept")
        total, latest = 0, list[Entry]()
        for hour in range((end - 1) // HOUR, first // HOUR - 1, -1):
            found = [
                entry
                async for entry in self.standing(tag, hour, wanted.words[:1])
                if first <= entry.at < end and wanted.fits(entry.contribution)
            ]
            total += len(found)
            if len(latest) < limit:  # what earlier hours hold is only counted
                latest += sorted(found, key=lambda entry: entry[:3], reverse=True)[: limit - len(latest)]
        return Found(total, first, end, tuple(latest))
