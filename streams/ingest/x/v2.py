"""A v2 post with what its page or stream line includes (users, referenced posts, media, places) to a post. Pure.

Reads the pages of search and lookup, stream lines, and posts into which another tool has put what was included.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from schemas import Author, Embedded, Link, Media, Place, Post, PostDeletion, References
from streams.ingest.mapping import Skipped
from streams.ingest.x.common import (
    PLATFORM,
    Payload,
    Point,
    assemble,
    client,
    distinct,
    filled,
    language,
    missing,
    own_media,
    place_or_none,
    unescape,
    written,
)

Whole = TypeVar("Whole")

#: The events of X's compliance streams about posts; the first two take one away.
COMPLIANCE: Final = ("delete", "drop", "undrop", "withheld", "tweet_edit")
_GONE: Final = COMPLIANCE[:2]

#: What a media key begins with, for media that are not included: photos, videos, advertisers' videos, animated GIFs.
_MEDIA_KEYS = {"3": "photo", "7": "video", "13": "video", "16": "animated_gif"}


class Metrics(Payload, frozen=True):
    followers_count: int | None = None
    following_count: int | None = None
    tweet_count: int | None = None
    listed_count: int | None = None


_NO_METRICS: Final = Metrics()


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


_NO_ENTITIES: Final = Entities()


class Note(Payload, frozen=True):
    text: str
    entities: Entities | None = None


class Medium(Payload, frozen=True):
    """A picture or video; where another tool has nothing to put in, without even a type."""

    type: str | None = None
    alt_text: str | None = None


class Attachments(Payload, frozen=True):
    media_keys: list[str] | None = None
    media: list[Medium] | None = None


_NO_ATTACHMENTS: Final = Attachments()


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


class Named(Payload, frozen=True):
    id: str


class Notice(Payload, frozen=True):
    """What happened to a post, in a compliance stream."""

    event_at: str
    tweet: Named | None = None


class Includes:
    """What a page or stream line holds beside its posts, by identifier; read when asked for."""

    def __init__(self, payload: object) -> None:
        found = payload if isinstance(payload, Mapping) else {}
        self._users = _by(found.get("users"), "id")
        self._tweets = _by(found.get("tweets"), "id")
        self._media = _by(found.get("media"), "media_key")
        self._places = _by(found.get("places"), "id")

    def user(self, identifier: str | None) -> User | None:
        """The user of that identifier."""
        found = self._users.get(identifier)
        return None if found is None else _included(found, User, "users")

    def tweet(self, identifier: str) -> Tweet | None:
        """The post of that identifier."""
        found = self._tweets.get(identifier)
        return None if found is None else _included(found, Tweet, "tweets")

    def medium(self, key: str) -> Medium | None:
        """The picture or video of that key."""
        found = self._media.get(key)
        return None if found is None else _included(found, Medium, "media")

    def place(self, identifier: str | None) -> Geo | None:
        """The place of that identifier."""
        found = self._places.get(identifier)
        return None if found is None else _included(found, Geo, "places")


def post(payload: dict[str, Any], includes: Includes) -> Post:
    """The post of a `data` object. Raises `msgspec.ValidationError` naming the field that is wrong."""
    return of_tweet(msgspec.convert(payload, Tweet), includes)


def of_tweet(tweet: Tweet, includes: Includes) -> Post:
    """The same of a `data` object that is decoded already."""
    referenced = {each.type: each for each in reversed(tweet.referenced_tweets)} if tweet.referenced_tweets else {}
    whole = {kind: _referenced(each, includes) for kind, each in referenced.items()}
    repeated, quoted = whole.get("retweeted"), whole.get("quoted")
    if repeated is not None and quoted is None:
        quoted = next(
            (_referenced(each, includes) for each in repeated.referenced_tweets or () if each.type == "quoted"), None
        )
    return assemble(
        content(tweet, includes),
        tweet.id,
        first=_first(tweet),
        created_at=written(tweet.created_at, "created_at"),
        refs=References(
            reply_to=_reference(referenced, whole, "replied_to"),
            reply_to_handle=_answered(tweet, whole.get("replied_to"), includes),
            repost_of=_reference(referenced, whole, "retweeted"),
            quote_of=_reference(referenced, whole, "quoted"),
            conversation=_conversation(tweet),
        ),
        reposted=_embedded(repeated, includes),
        # One whose author X does not say cannot be embedded; `refs` still names it.
        quoted=_embedded(quoted, includes) if quoted and (quoted.author or quoted.author_id) else None,
        place=_place(tweet, includes),
        source=client(tweet.source),
        lang=language(tweet.lang),
    )


def compliance(payload: dict[str, Any]) -> PostDeletion | Skipped:
    """The deletion of which a compliance event tells; others name no post, or nothing that a post says."""
    kind = next(name for name in COMPLIANCE if name in payload)
    notice = msgspec.convert({kind: payload[kind]}, dict[str, Notice])[kind]
    if kind not in _GONE or notice.tweet is None:
        return Skipped(f"compliance {kind}")
    at = written(notice.event_at, f"{kind}.event_at")
    if at is None:
        raise missing("event_at", f"$.{kind}")
    return PostDeletion(PLATFORM, notice.tweet.id, "delete", round(at.timestamp() * 1_000))


def content(tweet: Tweet, includes: Includes) -> Embedded:
    """What a post says itself, in full."""
    note = tweet.note_tweet
    text = note.text if note else tweet.text
    if text is None:
        raise missing("text")
    entities = (note.entities if note else None) or tweet.entities or _NO_ENTITIES
    return Embedded(
        author=_author(tweet, includes),
        text=unescape(text),
        links=distinct([_link(each) for each in entities.urls]) if entities.urls else (),
        media=tuple(_media(tweet, includes)),
        hashtags=tuple([each.tag for each in entities.hashtags]) if entities.hashtags else (),
        cashtags=tuple([each.tag for each in entities.cashtags]) if entities.cashtags else (),
        mentions=tuple([each.username for each in entities.mentions]) if entities.mentions else (),
    )


def _included(payload: object, kind: type[Whole], list_: str) -> Whole:
    try:
        return msgspec.convert(payload, kind)
    except msgspec.ValidationError as error:
        # Where a record stands is said elsewhere; this says in which thing beside it.
        what, _, where = str(error).partition(" - at `$")
        raise msgspec.ValidationError(f"{what} in `includes.{list_}{where or '`'}") from None


def _by(payload: object, field: str) -> dict[object, object]:
    found = payload if isinstance(payload, list) else ()
    return {each[field]: each for each in found if isinstance(each, dict) and isinstance(each.get(field), str)}


def _referenced(reference: Tweet, includes: Includes) -> Tweet | None:
    return includes.tweet(reference.id) or (reference if reference.text is not None else None)


def _embedded(tweet: Tweet | None, includes: Includes) -> Embedded | None:
    return None if tweet is None else content(tweet, includes)


def _reference(
    referenced: Mapping[str | None, Tweet], whole: Mapping[str | None, Tweet | None], kind: str
) -> str | None:
    if kind not in referenced:
        return None
    found = whole[kind]
    return (_first(found) if found else None) or referenced[kind].id


def _first(tweet: Tweet) -> str | None:
    return next(iter(tweet.edit_history_tweet_ids or ()), None)


def _conversation(tweet: Tweet) -> str | None:
    # Each version of an edited post begins a conversation under its own identifier.
    if tweet.conversation_id in (tweet.edit_history_tweet_ids or ()):
        return _first(tweet)
    return tweet.conversation_id


def _author(tweet: Tweet, includes: Includes) -> Author:
    user = tweet.author or includes.user(tweet.author_id)
    if user is None:
        if not tweet.author_id:
            raise missing("author_id", hint="ask X for it with expansions=author_id")
        return Author(id=tweet.author_id, handle=tweet.author_id)  # asked for without its expansion
    metrics = user.public_metrics or _NO_METRICS
    return Author(
        id=user.id,
        handle=user.username,
        name=filled(user.name),
        followers=metrics.followers_count,
        following=metrics.following_count,
        posts=metrics.tweet_count,
        listed=metrics.listed_count,
        verified=user.verified,
        description=filled(user.description),
        location=filled(user.location),
    )


def _answered(tweet: Tweet, answered: Tweet | None, includes: Includes) -> str | None:
    identifier = tweet.in_reply_to_user_id
    if identifier is None:
        return None
    user = tweet.in_reply_to_user or includes.user(identifier) or (answered.author if answered else None)
    if user is not None:
        return user.username
    mentions = (tweet.entities.mentions if tweet.entities else None) or ()
    return next((each.username for each in mentions if each.id == identifier), None)


def _link(url: Url) -> Link:
    expanded = url.expanded_url or None
    return Link(
        url=url.url,
        expanded=expanded,
        unwound=url.unwound_url if url.unwound_url and url.unwound_url != expanded else None,
        title=url.title or None,
        description=url.description or None,
    )


def _media(tweet: Tweet, includes: Includes) -> Iterable[Media]:
    """Those attached; where X was not asked for attachments, those whose links stand in the text."""
    attached = tweet.attachments or _NO_ATTACHMENTS
    put_in = [Media(each.type, filled(each.alt_text)) for each in attached.media or () if each.type]
    if put_in:
        return put_in
    urls = (tweet.entities.urls if tweet.entities else None) or ()
    if not urls and not attached.media_keys:
        return ()
    keys = dict.fromkeys(attached.media_keys or [each.media_key for each in urls if each.media_key])
    if keys:
        return [_medium(key, includes.medium(key) or Medium()) for key in keys]
    return [Media(kind) for each in urls if (kind := own_media(each.expanded_url))]


def _medium(key: str, medium: Medium) -> Media:
    return Media(medium.type or _MEDIA_KEYS.get(key.partition("_")[0], "media"), filled(medium.alt_text))


def _place(tweet: Tweet, includes: Includes) -> Place | None:
    geo = tweet.geo
    if geo is None:
        return None
    place = includes.place(geo.place_id) or geo
    lon, lat = geo.coordinates.coordinates if geo.coordinates else (None, None)
    return place_or_none(
        Place(
            id=place.id or geo.place_id or None,
            name=place.full_name or None,
            country=place.country_code or None,
            lon=lon,
            lat=lat,
            box=place.geo.bbox if place.geo else None,
        )
    )
