"""When to try again: the retries' schedule, what a receiver asks for in `Retry-After`, and when to give up. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400

#: Seconds from one failed attempt to the next; after the last of them its wait is kept.
RETRIES: Final = (
    5, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR,
)  # fmt: skip
#: A wait is longer by up to this share of itself, so that endpoints of one host don't come back together.
JITTER: Final = 0.1
#: Seconds of failure, from the first failed attempt on, after which an endpoint is disabled.
GIVE_UP: Final = 5 * _DAY
#: Seconds that a receiver may ask us to wait: less would be a loop, more would be for ever.
_LEAST_ASKED, _MOST_ASKED = 5, _DAY


@dataclass(frozen=True, slots=True)
class Pace:
    """How time passes, for tests that have no days: all in seconds."""

    second: float = 1.0
    """A second of the schedule."""
    timeout: float = 15.0
    """What an attempt may take."""
    lease: int = 20
    """What the lease on delivering outlives its holder."""
    poll: float = 2.0
    """Between two tries to become the one who delivers, and between two looks at the endpoints."""

    def span(self, seconds: float) -> timedelta:
        """So many seconds of a schedule."""
        return timedelta(seconds=seconds * self.second)


def wait(retries: int, chance: float) -> float:
    """Seconds until the next attempt after `retries` earlier ones (0: the first attempt failed).

    `chance` in [0, 1) is the jitter's.
    """
    return RETRIES[min(retries, len(RETRIES) - 1)] * (1 + JITTER * chance)


def asked_wait(header: str | None, now: datetime) -> float | None:
    """Seconds that `Retry-After` asks for (RFC 9110, section 10.2.3), within bounds; None: it says nothing usable."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text[:9])
    else:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    return min(max(seconds, _LEAST_ASKED), _MOST_ASKED)
