"""A v2 post and the users, pictures and places beside it, as X writes them. Only shapes.

Of each object the fields that are read; msgspec skips all others as it decodes.
"""

from typing import Final

from streams.ingest.x.common import Payload, Point


class Metrics(Payload, frozen=True):
    followers_count: int | None = None
    following_count: int | None = None
    tweet_count: int | None = None
    listed_count: int | None = None


NO_METRICS: Final = Metrics()


class User(Payload, frozen=True):
    id: str
    username: str
    name: str | None = None
    description: str | None = None
    location: str | None = None
    verified: bool | None = None
    public_metrics: Metrics | None = None


class Url(Payload, frozen=True):
    url: str
    expanded_url: str | None = None
    unwound_url: str | None = None
    title: str | None = None
    description: str | None = None
    media_key: str | None = None


class Tag(Payload, frozen=True):
    tag: str


class Mention(Payload, frozen=True):
    username: str
    id: str | None = None


class Entities(Payload, frozen=True):
    urls: list[Url] | None = None
    hashtags: list[Tag] | None = None
    cashtags: list[Tag] | None = None
    mentions: list[Mention] | None = None


NO_ENTITIES: Final = Entities()


class Note(Payload, frozen=True):
    text: str
    entities: Entities | None = None


class Medium(Payload, frozen=True):
    """A picture or video; where another tool has nothing to put in, without even a type."""

    type: str | None = None
    alt_text: str | None = None


NO_MEDIUM: Final = Medium()


class Attachments(Payload, frozen=True):
    media_keys: list[str] | None = None
    media: list[Medium] | None = None


NO_ATTACHMENTS: Final = Attachments()


class Area(Payload, frozen=True):
    bbox: tuple[float, float, float, float] | None = None


class Geo(Payload, frozen=True):
    """A post's `geo`, or the place that it names: in some recordings the one holds the other."""

    id: str | None = None
    place_id: str | None = None
    coordinates: Point | None = None
    full_name: str | None = None
    country_code: str | None = None
    geo: Area | None = None


class Tweet(Payload, frozen=True):
    """A post, or a reference to one: then with its `type`, and often without more than its identifier."""

    id: str
    type: str | None = None
    text: str | None = None
    note_tweet: Note | None = None
    author_id: str | None = None
    author: User | None = None
    created_at: str | None = None
    edit_history_tweet_ids: list[str] | None = None
    conversation_id: str | None = None
    in_reply_to_user_id: str | None = None
    in_reply_to_user: User | None = None
    referenced_tweets: "list[Tweet] | None" = None
    entities: Entities | None = None
    attachments: Attachments | None = None
    geo: Geo | None = None
    source: str | None = None
    lang: str | None = None
