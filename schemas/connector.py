"""What the topic `cursors` carries: how far a connector has read its platform, and when it saw nothing."""

from schemas.base import Instant, Record, Short, Slug


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
    cursor: Short | None = None
    blind_since: Instant | None = None
    blind: tuple[Spell, ...] = ()
