"""A social post, an edit of one, or its deletion: what the topic `posts` carries, keyed `platform:id`."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Count, Identifier, Instant, Record, Short, Version

Platform = Annotated[str, Meta(min_length=1, max_length=32, description="lower-case slug: x, truthsocial, telegram, …")]
Text = Annotated[str, Meta(max_length=100_000)]


class Author(Record, frozen=True, gc=False):
    id: Identifier
    handle: Identifier
    name: Short | None = None
    followers: Count | None = None
    following: Count | None = None
    posts: Count | None = None
    listed: Count | None = None
    verified: bool | None = None
    description: Text | None = None
    location: Short | None = None


class Link(Record, frozen=True, gc=False):
    """A link as written (`url`, perhaps shortened), where it leads, and the page's own title and summary.

    `unwound` is where it ends up after every further shortener, if that is another address than `expanded`.
    """

    url: Text
    expanded: Text | None = None
    unwound: Text | None = None
    title: Text | None = None
    description: Text | None = None


class Media(Record, frozen=True, gc=False):
    type: Short
    alt: Text | None = None


class References(Record, frozen=True, gc=False):
    """Identifiers of other posts on the same platform."""

    reply_to: Identifier | None = None
    reply_to_handle: Identifier | None = None
    repost_of: Identifier | None = None
    quote_of: Identifier | None = None
    conversation: Identifier | None = None


class Embedded(Record, frozen=True, gc=False):
    """The post that another one repeats or quotes."""

    author: Author
    text: Text
    links: tuple[Link, ...] = ()
    media: tuple[Media, ...] = ()
    hashtags: tuple[Short, ...] = ()
    cashtags: tuple[Short, ...] = ()
    mentions: tuple[Short, ...] = ()


class Place(Record, frozen=True, gc=False):
    """Where a post says it was written: a point, or the platform's own place with its box, or both.

    `country` is an ISO 3166 code of two letters; `box` is west, south, east, north in degrees.
    """

    id: Identifier | None = None
    name: Short | None = None
    country: Short | None = None
    lon: float | None = None
    lat: float | None = None
    box: tuple[float, float, float, float] | None = None


class Post(Record, frozen=True, gc=False):
    """A post as it stands after `op`. `version` grows with every later record of the same post; 0 is its creation."""

    platform: Platform
    id: Identifier
    op: Literal["create", "edit", "delete", "undelete"]
    version: Version
    author: Author
    text: Text
    kind: Literal["post", "repost", "reply", "quote"] = "post"
    url: Text | None = None
    created_at: Instant | None = None
    edited_at: Instant | None = None
    lang: Short | None = None
    lang_detected: Short | None = None
    hashtags: tuple[Short, ...] = ()
    cashtags: tuple[Short, ...] = ()
    mentions: tuple[Short, ...] = ()
    links: tuple[Link, ...] = ()
    media: tuple[Media, ...] = ()
    refs: References | None = None
    reposted: Embedded | None = None
    quoted: Embedded | None = None
    place: Place | None = None
    source: Short | None = None

    @property
    def key(self) -> str:
        """The Kafka key and the post's identity everywhere: `platform:id`."""
        return f"{self.platform}:{self.id}"


class PostDeletion(Record, frozen=True, gc=False):
    """A deletion: all that a platform tells is which post, and when."""

    platform: Platform
    id: Identifier
    op: Literal["delete"]
    version: Version

    @property
    def key(self) -> str:
        """The same key as the post's."""
        return f"{self.platform}:{self.id}"
