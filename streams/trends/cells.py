"""What stands in a window, post by post, as the ledger remembers it: whose, what about, and where its record lies.

Reads only, newest hour first and up to a bound; texts are in the log.
"""

from typing import Any, NamedTuple

from streams.settings import Settings
from streams.trends.contributions import HOUR, SLOT, Contribution, unpack_cell
from streams.trends.keys import Keys
from streams.trends.scripts import Client

_SCAN = 500


class Counted(NamedTuple):
    """A post that stands: its bucket (unix seconds), the lane and offset of its record, and what it adds."""

    at: int
    lane: int
    offset: int
    contribution: Contribution


class Cells:
    """Reads the ledger of one revision."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._redis: Any = redis  # redis-py types replies as bytes or str; here they are bytes
        self._keys = Keys(settings.prefix)

    async def window(self, tag: str, span: int, at: int, most: int) -> list[Counted]:
        """What stands in buckets that begin in (at - span, at], in no order.

        Of a window with more than `most` posts whole newer hours first, and of the hour that goes beyond it a part.
        Yields to the loop every few hundred posts.
        """
        found: list[Counted] = []
        for hour in range(at // HOUR, (at - span) // HOUR - 1, -1):
            async for _, packed in self._redis.hscan_iter(self._keys.event(tag, f"ledger:{hour}"), count=_SCAN):
                cell = unpack_cell(packed)
                begins = hour * HOUR + cell.slot * SLOT
                if cell.contribution is not None and at - span < begins <= at:
                    found.append(Counted(begins, cell.partition, cell.offset, cell.contribution))
                if len(found) >= most:
                    return found
        return found
