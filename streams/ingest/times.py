"""Instants in milliseconds: read from text, judged plausible, and mapped from a file's span of time onto another.

Pure: the present is handed in.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

#: A time before this is nonsense: 2000-01-01T00:00:00Z. The worker draws the same line.
EARLIEST = 946_684_800_000
#: The broker refuses a timestamp that lies further ahead of its clock than 120 s; ours may differ by half a minute.
MAX_AHEAD = 90_000


def parse_instant(text: str) -> int:
    """Unix milliseconds of `2025-03-14T12:00:00Z` (any offset) or of unix seconds. Raises ValueError."""
    trouble = f"expected an instant such as 2025-03-14T12:00:00Z or unix seconds, found {text[:60]!r}"
    try:
        if text.strip().isdecimal():
            return to_milliseconds(datetime.fromtimestamp(int(text), UTC))
        instant = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError, OSError):
        raise ValueError(trouble) from None
    if instant.tzinfo is None:
        raise ValueError(f"{trouble}, which has no offset: add Z for UTC")
    return to_milliseconds(instant)


def to_milliseconds(instant: datetime) -> int:
    """Unix milliseconds."""
    return round(instant.timestamp() * 1_000)


def to_text(milliseconds: int) -> str:
    """RFC 3339 in UTC, with milliseconds."""
    return datetime.fromtimestamp(milliseconds / 1_000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


@dataclass(frozen=True, slots=True)
class Mapping:
    """The times from `first` to `last` laid linearly onto the `length` milliseconds that end at `until`.

    The same mapping gives the same time for the same time, whenever it is asked, and never turns an order round (times
    closer together than the mapping resolves become equal).
    """

    first: int
    last: int
    length: int
    until: int

    def __call__(self, time: int) -> int:
        """Where a time lands; one outside `first` to `last` lands at the nearer end."""
        span = self.last - self.first
        if span <= 0:
            return self.until
        time = min(max(time, self.first), self.last)
        return self.until - (self.last - time) * self.length // span
