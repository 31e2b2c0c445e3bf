"""The events of X's compliance streams about posts: those that take one away are deletions. Pure."""

from typing import Any, Final

import msgspec

from schemas import PostDeletion
from streams.ingest.mapping import Skipped
from streams.ingest.times import to_milliseconds
from streams.ingest.x.common import PLATFORM, Payload, missing, written

#: The events by their key; the first two take a post away.
EVENTS: Final = ("delete", "drop", "undrop", "withheld", "tweet_edit")
_GONE: Final = EVENTS[:2]


class Named(Payload, frozen=True):
    id: str


class Notice(Payload, frozen=True):
    """What happened to a post."""

    event_at: str
    tweet: Named | None = None


def outcome(payload: dict[str, Any]) -> PostDeletion | Skipped:
    """The deletion of which an event tells; others name no post, or nothing that a post says.

    Raises `msgspec.ValidationError` naming the field that is wrong.
    """
    kind = next(name for name in EVENTS if name in payload)
    notice = msgspec.convert({kind: payload[kind]}, dict[str, Notice])[kind]
    if kind not in _GONE or notice.tweet is None:
        return Skipped(f"compliance {kind}")
    at = written(notice.event_at, f"{kind}.event_at")
    if at is None:
        raise missing("event_at", f"$.{kind}")
    return PostDeletion(PLATFORM, notice.tweet.id, "delete", to_milliseconds(at))
