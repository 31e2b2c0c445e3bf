"""What the topic `matches` carries: which record matched which events, and the words that made it. No text."""

from typing import Literal

from schemas.base import Identifier, Instant, Record, Version


class Span(Record, frozen=True, gc=False):
    """The words that made a match: characters `start` to `end` of the original text of `field`, and the rule's term."""

    field: str
    start: int
    end: int
    term: str


class EventMatch(Record, frozen=True, gc=False):
    id: str
    revision: str
    claims: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()


class Match(Record, frozen=True, gc=False):
    """A record and the events it matched. `topic`, `partition` and `offset` say where the text can be read."""

    id: Identifier
    kind: Literal["post", "article"]
    op: str
    version: Version
    topic: str
    partition: int
    offset: int
    at: Instant
    events: tuple[EventMatch, ...]
    backfill: bool = False
