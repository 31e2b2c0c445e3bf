"""A Bluesky record (lexicon app.bsky.feed) to what a post says: text, facets, embeds, references. Pure.

Knows the lexicon; where the record came from, Jetstream's stream or the AppView, its callers know.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from schemas import Author, Link, Media, Post, References

PLATFORM: Final = "bluesky"
POST: Final = "app.bsky.feed.post"
REPOST: Final = "app.bsky.feed.repost"
LIKE: Final = "app.bsky.feed.like"

_FEATURE: Final = "app.bsky.richtext.facet#"
_EMBED: Final = "app.bsky.embed."


class Payload(msgspec.Struct, frozen=True, gc=False):
    """Part of what Bluesky sends: the fields that are read. All others are ignored."""


class Ref(Payload, frozen=True):
    """A strong reference."""

    uri: str


class Reply(Payload, frozen=True):
    parent: Ref
    root: Ref


class Range(Payload, frozen=True, rename="camel"):
    byte_start: int
    byte_end: int


class Feature(Payload, frozen=True):
    """A facet's feature; which of the fields it has, its type says."""

    type: str = msgspec.field(name="$type", default="")
    uri: str | None = None
    did: str | None = None
    tag: str | None = None


class Facet(Payload, frozen=True):
    index: Range
    features: tuple[Feature, ...] = ()


class External(Payload, frozen=True):
    uri: str
    title: str | None = None
    description: str | None = None


class Image(Payload, frozen=True):
    alt: str | None = None


class Content(Payload, frozen=True, rename="camel"):
    """A record of app.bsky.feed.post."""

    text: str
    created_at: str | None = None
    facets: tuple[Facet, ...] | None = None
    reply: Reply | None = None
    embed: dict[str, Any] | None = None
    langs: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None


class Repeat(Payload, frozen=True, rename="camel"):
    """A record of app.bsky.feed.repost."""

    subject: Ref
    created_at: str | None = None


class Parts(msgspec.Struct):
    """What is gathered of a post while its facets and embeds are read."""

    links: dict[str, Link]
    media: list[Media]
    hashtags: list[str]
    cashtags: list[str]
    mentions: list[str]
    quoted: str | None = None


def post(uri: str, author: Author, record: Mapping[str, Any], handles: Mapping[str, str]) -> Post:
    """The post of a record. `handles`: DID -> handle, as far as known. Raises `msgspec.ValidationError`."""
    found = msgspec.convert(record, Content)
    parts = Parts({}, [], [], [], [])
    _read_facets(found, parts)
    _read_embed(found.embed, parts)
    for tag in found.tags or ():
        _add_tag(tag, parts)
    reply = found.reply
    quoted = parts.quoted
    refs = None
    if reply is not None or quoted is not None:
        refs = References(
            reply_to=reply.parent.uri if reply else None,
            reply_to_handle=_handle_of(reply.parent.uri, handles) if reply else None,
            quote_of=quoted,
            conversation=reply.root.uri if reply else None,
        )
    return Post(
        platform=PLATFORM,
        id=uri,
        op="create",
        version=0,
        author=author,
        text=found.text,
        kind="reply" if reply else "quote" if quoted else "post",
        url=address(uri),
        created_at=instant(found.created_at),
        lang=(found.langs[0] or None) if found.langs else None,
        hashtags=tuple(parts.hashtags),
        cashtags=tuple(parts.cashtags),
        mentions=tuple(parts.mentions),
        links=tuple(parts.links.values()),
        media=tuple(parts.media),
        refs=refs,
    )


def repost(uri: str, author: Author, record: Mapping[str, Any]) -> Post:
    """The repost of a record: it names what it repeats and says nothing itself. Raises `msgspec.ValidationError`."""
    found = msgspec.convert(record, Repeat)
    return Post(
        platform=PLATFORM,
        id=uri,
        op="create",
        version=0,
        author=author,
        text="",
        kind="repost",
        url=address(found.subject.uri),
        created_at=instant(found.created_at),
        refs=References(repost_of=found.subject.uri),
    )


def instant(text: str | None) -> datetime | None:
    """When the author's client says it was written, in UTC where it names no offset, as Bluesky reads it; or None."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def address(uri: str) -> str | None:
    """A post's page on bsky.app; None for anything else's URI."""
    parts = uri.split("/")
    if len(parts) != 5 or parts[3] != POST:
        return None
    return f"https://bsky.app/profile/{parts[2]}/post/{parts[4]}"


def _handle_of(uri: str, handles: Mapping[str, str]) -> str | None:
    # Where the handle isn't known the DID stands in for it, as for authors.
    did = uri.split("/")[2] if uri.startswith("at://") else ""
    return handles.get(did, did) or None


def _read_facets(found: Content, parts: Parts) -> None:
    text: bytes | None = None
    for facet in found.facets or ():
        for feature in facet.features:
            kind = feature.type.removeprefix(_FEATURE)
            if kind == "tag" and feature.tag:
                _add_tag(feature.tag, parts)
            elif kind in ("link", "mention"):
                text = found.text.encode() if text is None else text
                written = text[max(0, facet.index.byte_start) : max(0, facet.index.byte_end)].decode(errors="ignore")
                if kind == "link" and feature.uri:
                    _add_link(Link(written or feature.uri, feature.uri if written != feature.uri else None), parts)
                elif kind == "mention" and (name := written.lstrip("@") or feature.did):
                    parts.mentions.append(name)


def _read_embed(embed: Mapping[str, Any] | None, parts: Parts) -> None:
    if embed is None:
        return
    kind = str(embed.get("$type", "")).removeprefix(_EMBED)
    if kind == "external":
        external = msgspec.convert(embed.get("external"), External)
        _add_link(Link(external.uri, None, None, external.title or None, external.description or None), parts)
    elif kind == "images":
        for image in msgspec.convert(embed.get("images"), tuple[Image, ...]):
            parts.media.append(Media("image", image.alt or None))
    elif kind == "video":
        parts.media.append(Media("video", msgspec.convert(embed, Image).alt or None))
    elif kind == "record":
        parts.quoted = _quoted(embed.get("record"))
    elif kind == "recordWithMedia":
        parts.quoted = _quoted((embed.get("record") or {}).get("record"))
        _read_embed(embed.get("media"), parts)


def _quoted(record: object) -> str | None:
    """The quoted post; a list, feed or starter pack that is embedded the same way is no post."""
    uri = msgspec.convert(record, Ref).uri
    return uri if f"/{POST}/" in uri else None


def _add_link(link: Link, parts: Parts) -> None:
    """One link a target: the text's says how it is written, the card's what stands there."""
    target = link.expanded or link.url
    before = parts.links.get(target)
    if before is not None:
        link = Link(
            before.url, before.expanded, None, before.title or link.title, before.description or link.description
        )
    parts.links[target] = link


def _add_tag(tag: str, parts: Parts) -> None:
    names = parts.cashtags if tag.startswith("$") else parts.hashtags
    name = tag.lstrip("#$＃")
    if name and name not in names:
        names.append(name)
