"""A v1.1 status, as REST, premium search, streams and Gnip's original format give it, to a post. Pure.

Reads extended statuses (`full_text`), compatible ones with the whole text in `extended_tweet`, and truncated ones.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from schemas import Author, Embedded, Link, Media, Place, Post, PostDeletion, References
from streams.ingest.x.common import (
    PLATFORM,
    Payload,
    Point,
    assemble,
    box,
    client,
    distinct,
    filled,
    identifier_of,
    language,
    missing,
    number,
    place_or_none,
    unescape,
    written,
)


class User(Payload, frozen=True):
    id: int | str
    id_str: str | None = None
    screen_name: str | None = None
    name: str | None = None
    followers_count: int | None = None
    friends_count: int | None = None
    statuses_count: int | None = None
    listed_count: int | None = None
    verified: bool | None = None
    description: str | None = None
    location: str | None = None


class Unwound(Payload, frozen=True):
    url: str | None = None
    title: str | None = None
    description: str | None = None


class Url(Payload, frozen=True):
    url: str
    expanded_url: str | None = None
    unwound: Unwound | None = None


class Tag(Payload, frozen=True):
    text: str


class Mention(Payload, frozen=True):
    screen_name: str


class Medium(Payload, frozen=True):
    type: str
    url: str | None = None
    expanded_url: str | None = None
    ext_alt_text: str | None = None


class Entities(Payload, frozen=True):
    urls: list[Url] | None = None
    hashtags: list[Tag] | None = None
    symbols: list[Tag] | None = None
    user_mentions: list[Mention] | None = None
    media: list[Medium] | None = None


_NO_ENTITIES: Final = Entities()


class Long(Payload, frozen=True):
    full_text: str
    entities: Entities | None = None
    extended_entities: Entities | None = None


class Polygon(Payload, frozen=True):
    coordinates: list[list[tuple[float, float]]] | None = None


class Location(Payload, frozen=True):
    id: str | None = None
    full_name: str | None = None
    country_code: str | None = None
    bounding_box: Polygon | None = None


class History(Payload, frozen=True):
    initial_tweet_id: int | str | None = None
    edit_tweet_ids: list[int | str] | None = None


class Status(Payload, frozen=True):
    id: int | str
    user: User | None = None
    id_str: str | None = None
    created_at: str | None = None
    text: str | None = None
    full_text: str | None = None
    entities: Entities | None = None
    extended_entities: Entities | None = None
    extended_tweet: Long | None = None
    in_reply_to_status_id: int | str | None = None
    in_reply_to_status_id_str: str | None = None
    in_reply_to_screen_name: str | None = None
    quoted_status_id: int | str | None = None
    quoted_status_id_str: str | None = None
    quoted_status: "Status | None" = None
    retweeted_status: "Status | None" = None
    place: Location | None = None
    coordinates: Point | None = None
    edit_history: History | None = None
    source: str | None = None
    lang: str | None = None


class Deleted(Payload, frozen=True):
    id: int | str
    id_str: str | None = None


class Delete(Payload, frozen=True):
    status: Deleted
    timestamp_ms: int | str | None = None


class DeleteFrame(Payload, frozen=True):
    delete: Delete


def post(payload: dict[str, Any]) -> Post:
    """The post of a status. Raises `msgspec.ValidationError` naming the field that is wrong."""
    return of_status(msgspec.convert(payload, Status))


def of_status(status: Status) -> Post:
    """The same of a status that is decoded already."""
    repeated = status.retweeted_status
    # X says of a repost that it quotes what the repeated post quotes; it is the repeated one that does.
    quoted = status.quoted_status or (repeated.quoted_status if repeated else None)
    quote_of = _identifier(status.quoted_status_id_str, status.quoted_status_id)
    if quote_of is None and quoted is not None:
        quote_of = _identifier(quoted.id_str, quoted.id)
    return assemble(
        content(status),
        _identifier(status.id_str, status.id) or "",
        first=_first(status.edit_history),
        created_at=written(status.created_at, "created_at"),
        refs=References(
            reply_to=_identifier(status.in_reply_to_status_id_str, status.in_reply_to_status_id),
            reply_to_handle=status.in_reply_to_screen_name or None,
            repost_of=_identifier(repeated.id_str, repeated.id) if repeated else None,
            quote_of=None if repeated else quote_of,
        ),
        reposted=content(repeated, "$.retweeted_status") if repeated else None,
        # One whose author X does not say cannot be embedded; `refs` still names it.
        quoted=content(quoted, "$.quoted_status") if quoted and quoted.user else None,
        place=None if status.place is None and status.coordinates is None else _place(status),
        source=client(status.source),
        lang=language(status.lang),
    )


def deletion(payload: dict[str, Any], received: int) -> PostDeletion:
    """The deletion in a `delete` frame; `received` (milliseconds) stands in for a time that X does not give."""
    delete = msgspec.convert(payload, DeleteFrame).delete
    identifier = _identifier(delete.status.id_str, delete.status.id) or ""
    time = delete.timestamp_ms
    if isinstance(time, str):
        time = number(time, "unix milliseconds", "delete.timestamp_ms")
    return PostDeletion(PLATFORM, identifier, "delete", received if time is None or time < 0 else time)


def content(status: Status, path: str = "$") -> Embedded:
    """What a status says itself, in full; `path` is where it lies."""
    long = status.extended_tweet
    text = long.full_text if long else status.full_text if status.full_text is not None else status.text
    if text is None:
        raise missing("text", path)
    if status.user is None:
        raise missing("user", path)
    entities = (long.entities if long else None) or status.entities or _NO_ENTITIES
    extended = (long.extended_entities if long else None) or status.extended_entities or entities
    pictures = extended.media or entities.media
    links = [link(each) for each in entities.urls] if entities.urls else []
    return Embedded(
        author=_author(status.user),
        text=unescape(text),
        links=distinct(links + own_links(pictures) if pictures else links),
        media=own_media(pictures) if pictures else (),
        hashtags=tuple([each.text for each in entities.hashtags]) if entities.hashtags else (),
        cashtags=tuple([each.text for each in entities.symbols]) if entities.symbols else (),
        mentions=tuple([each.screen_name for each in entities.user_mentions]) if entities.user_mentions else (),
    )


def own_media(pictures: Iterable[Medium]) -> tuple[Media, ...]:
    """A post's own pictures and videos; only the extended entities name all of them, and by their true type."""
    return tuple([Media(each.type, filled(each.ext_alt_text)) for each in pictures])


def own_links(pictures: Iterable[Medium]) -> list[Link]:
    """The links to them that stand in the text."""
    return [Link(each.url, each.expanded_url) for each in pictures if each.url]


def link(url: Url) -> Link:
    """A link, with where it ends and what stands there, where X looked."""
    end = url.unwound
    expanded = url.expanded_url or None
    if end is None:
        return Link(url.url, expanded)
    return Link(
        url=url.url,
        expanded=expanded,
        unwound=end.url if end.url and end.url != expanded else None,
        title=end.title or None,
        description=end.description or None,
    )


def _author(user: User) -> Author:
    identifier = user.id_str or identifier_of(user.id)
    return Author(
        id=identifier,
        # With `trim_user` X gives the identifier alone.
        handle=user.screen_name or identifier,
        name=filled(user.name),
        followers=user.followers_count,
        following=user.friends_count,
        posts=user.statuses_count,
        listed=user.listed_count,
        verified=user.verified,
        description=filled(user.description),
        location=filled(user.location),
    )


def _place(status: Status) -> Place | None:
    place = status.place or Location()
    polygon = place.bounding_box.coordinates if place.bounding_box else None
    lon, lat = status.coordinates.coordinates if status.coordinates else (None, None)
    return place_or_none(
        Place(
            id=place.id or None,
            name=place.full_name or None,
            country=place.country_code or None,
            lon=lon,
            lat=lat,
            box=box([corner for ring in polygon or () for corner in ring]),
        )
    )


def _first(history: History | None) -> str | None:
    if history is None:
        return None
    first = history.initial_tweet_id or next(iter(history.edit_tweet_ids or ()), None)
    return None if first is None else identifier_of(first)


def _identifier(text: str | None, rounded: int | str | None) -> str | None:
    # The text is exact where a number went through a program that rounds it.
    return text or (identifier_of(rounded) if rounded else None)
