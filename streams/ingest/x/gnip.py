"""A Gnip activity (Activity Streams: `verb`, `actor`, `body`) to a post or a deletion. Pure.

Gnip's other, original format is that of v1.1 statuses, and so are the entities inside an activity.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from schemas import Author, Embedded, Link, Place, Post, PostDeletion, References
from streams.ingest.x import v1
from streams.ingest.x.common import (
    PLATFORM,
    Payload,
    Point,
    assemble,
    box,
    distinct,
    filled,
    language,
    missing,
    place_or_none,
    unescape,
    written,
)

_STATUS: Final = re.compile(r"https?://(?:www\.)?(?:twitter|x)\.com/([^/]+)/status(?:es)?/(\d+)")
_PLACE: Final = re.compile(r"/geo/id/([^/.]+)\.json")


class Named(Payload, frozen=True, rename="camel"):
    display_name: str | None = None


class Actor(Payload, frozen=True, rename="camel"):
    id: str
    preferred_username: str
    display_name: str | None = None
    followers_count: int | None = None
    friends_count: int | None = None
    statuses_count: int | None = None
    listed_count: int | None = None
    verified: bool | None = None
    summary: str | None = None
    location: Named | None = None


class Linked(Payload, frozen=True):
    link: str | None = None


class Location(Payload, frozen=True):
    link: str | None = None
    display_name: str | None = msgspec.field(default=None, name="displayName")
    country_code: str | None = msgspec.field(default=None, name="twitter_country_code")
    geo: v1.Polygon | None = None


class Unwound(Payload, frozen=True):
    url: str
    expanded_url: str | None = None
    title: str | None = msgspec.field(default=None, name="expanded_url_title")
    description: str | None = msgspec.field(default=None, name="expanded_url_description")


class Language(Payload, frozen=True):
    value: str | None = None


class Enrichments(Payload, frozen=True):
    urls: list[Unwound] | None = None
    language: Language | None = None


class Long(Payload, frozen=True):
    body: str
    entities: v1.Entities | None = msgspec.field(default=None, name="twitter_entities")
    extended: v1.Entities | None = msgspec.field(default=None, name="twitter_extended_entities")


class Activity(Payload, frozen=True):
    """What somebody did, or the object of it: a note, or the activity that is shared."""

    id: str
    verb: str | None = None
    actor: Actor | None = None
    body: str | None = None
    posted: str | None = msgspec.field(default=None, name="postedTime")
    object: "Activity | None" = None
    long: Long | None = msgspec.field(default=None, name="long_object")
    quoted: "Activity | None" = msgspec.field(default=None, name="twitter_quoted_status")
    answered: Linked | None = msgspec.field(default=None, name="inReplyTo")
    entities: v1.Entities | None = msgspec.field(default=None, name="twitter_entities")
    extended: v1.Entities | None = msgspec.field(default=None, name="twitter_extended_entities")
    gnip: Enrichments | None = None
    location: Location | None = None
    geo: Point | None = None
    generator: Named | None = None
    lang: str | None = msgspec.field(default=None, name="twitter_lang")


Unwindings = Mapping[str, Unwound]


def post(payload: dict[str, Any]) -> Post:
    """The post of an activity. Raises `msgspec.ValidationError` naming the field that is wrong."""
    activity = msgspec.convert(payload, Activity)
    shared = activity.object if activity.verb == "share" else None
    if activity.verb == "share" and shared is None:
        raise missing("object")
    quoted = activity.quoted or (shared.quoted if shared else None)
    gnip = activity.gnip or Enrichments()
    unwindings = {each.url: each for each in gnip.urls or ()}
    answered = _STATUS.match((activity.answered.link if activity.answered else None) or "")
    return assemble(
        content(activity, unwindings),
        _identifier(activity.id),
        first=None,
        created_at=written(activity.posted, "postedTime"),
        refs=References(
            reply_to=answered[2] if answered else None,
            reply_to_handle=answered[1] if answered else None,
            repost_of=_identifier(shared.id) if shared else None,
            quote_of=_identifier(quoted.id) if quoted and not shared else None,
        ),
        reposted=content(shared, unwindings, "$.object") if shared else None,
        # One whose author Gnip does not say cannot be embedded; `refs` still names it.
        quoted=content(quoted, unwindings, "$.twitter_quoted_status") if quoted and quoted.actor else None,
        place=_place(activity),
        source=filled(activity.generator.display_name if activity.generator else None),
        lang=language(activity.lang or (gnip.language.value if gnip.language else None)),
    )


def deletion(payload: dict[str, Any], received: int) -> PostDeletion:
    """The deletion that an activity says; `received` (milliseconds) stands in for a time that X does not give."""
    activity = msgspec.convert(payload, Activity)
    time = written(activity.posted, "postedTime")
    version = received if time is None else round(time.timestamp() * 1_000)
    return PostDeletion(PLATFORM, _identifier((activity.object or activity).id), "delete", version)


def content(activity: Activity, unwindings: Unwindings, path: str = "$") -> Embedded:
    """What an activity says itself, in full; `path` is where it lies."""
    long = activity.long
    text = long.body if long else activity.body
    if text is None:
        raise missing("body", path)
    if activity.actor is None:
        raise missing("actor", path)
    entities = (long.entities if long else None) or activity.entities or v1.Entities()
    extended = (long.extended if long else None) or activity.extended or entities
    pictures = extended.media or entities.media or ()
    return Embedded(
        author=_author(activity.actor),
        text=unescape(text),
        links=distinct([*(_link(each, unwindings) for each in entities.urls or ()), *v1.own_links(pictures)]),
        media=v1.own_media(pictures),
        hashtags=tuple(each.text for each in entities.hashtags or ()),
        cashtags=tuple(each.text for each in entities.symbols or ()),
        mentions=tuple(each.screen_name for each in entities.user_mentions or ()),
    )


def _link(url: v1.Url, unwindings: Unwindings) -> Link:
    end = unwindings.get(url.url)
    if end is None:
        return v1.link(url)
    return v1.link(v1.Url(url.url, url.expanded_url, v1.Unwound(end.expanded_url, end.title, end.description)))


def _author(actor: Actor) -> Author:
    return Author(
        id=_identifier(actor.id),
        handle=actor.preferred_username,
        name=filled(actor.display_name),
        followers=actor.followers_count,
        following=actor.friends_count,
        posts=actor.statuses_count,
        listed=actor.listed_count,
        verified=actor.verified,
        description=filled(actor.summary),
        location=filled(actor.location.display_name if actor.location else None),
    )


def _place(activity: Activity) -> Place | None:
    location = activity.location or Location()
    polygon = location.geo.coordinates if location.geo else None
    identifier = _PLACE.search(location.link or "")
    # An activity's point is latitude first, its polygons are longitude first.
    lat, lon = activity.geo.coordinates if activity.geo else (None, None)
    return place_or_none(
        Place(
            id=identifier[1] if identifier else None,
            name=location.display_name or None,
            country=location.country_code or None,
            lon=lon,
            lat=lat,
            box=box([corner for ring in polygon or () for corner in ring]),
        )
    )


def _identifier(tag: str) -> str:
    """`887453193294282752` of `tag:search.twitter.com,2005:887453193294282752`."""
    return tag.rpartition(":")[2]
