"""Posts as Bluesky's AppView shows them, in feeds, threads and searches: with author, and what they quote. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from schemas import Author, Embedded, Media, Post, References
from streams.ingest.bluesky import lexicon
from streams.ingest.bluesky.lexicon import PLATFORM, Payload

_NO_HANDLES: Final[Mapping[str, str]] = {}


class Profile(Payload, frozen=True, rename="camel"):
    did: str
    handle: str
    display_name: str | None = None


class View(Payload, frozen=True):
    """A post with its author, its record, and what its embeds show."""

    uri: str
    record: dict[str, Any]
    author: Profile | None = None
    embed: dict[str, Any] | None = None


class Shown(Payload, frozen=True):
    """A quoted post, where it may be shown."""

    uri: str
    value: dict[str, Any]
    author: Profile | None = None


class Reason(Payload, frozen=True, rename="camel"):
    """Why a feed shows a post: who repeated it, by which record (older answers don't name it) and when."""

    by: Profile | None = None
    uri: str | None = None
    indexed_at: str | None = None


def post(payload: Mapping[str, Any]) -> Post:
    """The post of a view. Raises `msgspec.ValidationError`."""
    view = msgspec.convert(payload, View)
    found = lexicon.post(view.uri, _author(view.author, view.uri), view.record, _NO_HANDLES)
    media = found.media or _images(view.embed)
    return msgspec.structs.replace(found, media=media, quoted=_quoted(view.embed))


def in_feed(payload: Mapping[str, Any]) -> Post:
    """The post of a feed's element; the repost of it where a named one is why the feed shows it."""
    shown = post(payload["post"])
    reason = msgspec.convert(payload.get("reason") or {}, Reason)
    if reason.by is None or reason.uri is None:
        return shown
    return Post(
        platform=PLATFORM,
        id=reason.uri,
        op="create",
        version=0,
        author=_author(reason.by, reason.uri),
        text="",
        kind="repost",
        url=shown.url,
        created_at=lexicon.instant(reason.indexed_at),
        refs=References(repost_of=shown.id),
        reposted=_content(shown),
    )


def _author(profile: Profile | None, uri: str) -> Author:
    if profile is None:
        did = uri.removeprefix("at://").partition("/")[0]
        return Author(did, did)
    return Author(profile.did, profile.handle, profile.display_name or None)


def _quoted(embed: Mapping[str, Any] | None) -> Embedded | None:
    """What the quoted post says; None for one that is gone, blocked, or no post."""
    found = (embed or {}).get("record")
    if isinstance(found, dict) and isinstance(found.get("record"), dict):
        found = found["record"]  # beside media
    if not isinstance(found, dict) or not isinstance(found.get("value"), dict):
        return None
    shown = msgspec.convert(found, Shown)
    if lexicon.address(shown.uri) is None:
        return None
    return _content(lexicon.post(shown.uri, _author(shown.author, shown.uri), shown.value, _NO_HANDLES))


def _images(embed: Mapping[str, Any] | None) -> tuple[Media, ...]:
    images = (embed or {}).get("images")
    found = msgspec.convert(images, list[lexicon.Image]) if isinstance(images, list) else []
    return tuple(Media("image", each.alt or None) for each in found)


def _content(found: Post) -> Embedded:
    return Embedded(found.author, found.text, found.links, found.media, found.hashtags, found.cashtags, found.mentions)
