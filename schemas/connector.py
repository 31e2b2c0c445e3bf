"""What the topic `cursors` carries: how far a connector has read its platform, and when it saw nothing."""

from typing import Annotated

from msgspec import Meta

from schemas.base import Instant, Record, Slug

#: The marks of some thousand feeds fit.
Cursor = Annotated[str, Meta(max_length=500_000)]


class Spell(Record, frozen=True, gc=False):
    """A time in which a connector was blind."""

    since: Instant
    until: Instant


class Connector(Record, frozen=True, gc=False):
    """One connector at the moment `at`; the newest record of a `connector` holds.

    `cursor` is the platform's own mark, to go on from. `blind_since` is set while nothing can be seen; `blind` are the
    ended spells of the last 35 days that could not be read afterwards either, oldest first.
    """

    connector: Slug
    platform: Slug
    at: Instant
    cursor: Cursor | None = None
    blind_since: Instant | None = None
    blind: tuple[Spell, ...] = ()
