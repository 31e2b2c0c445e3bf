"""RSS, Atom, RDF, CDF and JSON Feed to entries: one shape for what any of them says of an item. Pure: fetches nothing.

feedparser reads the XML; JSON Feed has a reader of its own here. Knows nothing of articles: texts are still HTML.
"""

import calendar
import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import orjson

from schemas import Reason
from schemas.codec import Unusable
from streams.ingest.extras import library
from streams.ingest.mapping import unusable

#: Most items of a feed; a thousand take a tenth of a second.
MOST_ITEMS: Final = 20_000
#: The beginning of a feed in which its format is recognised, and the end in which it has to be closed.
_HEAD: Final = 4_096
_CLOSED: Final = re.compile(rb"</\s*(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\s*>", re.IGNORECASE)
_HTML: Final = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_ALTERNATE: Final = re.compile(rb"<link\b[^>]*application/(?:rss\+xml|atom\+xml|feed\+json)[^>]*>", re.IGNORECASE)
_HREF: Final = re.compile(rb"""href\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_VERSION: Final = re.compile(r"(?:https?://(?:www\.)?jsonfeed\.org/version/)?1(?:\.[01])?")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Text(msgspec.Struct, frozen=True, gc=False):
    """A text as a feed has it: HTML, or plain."""

    value: str
    is_html: bool = True


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One item of a feed. `link` is as written; `transcript` is the address of one in WebVTT or SRT."""

    id: str | None = None
    link: str | None = None
    title: Text | None = None
    published: datetime | None = None
    updated: datetime | None = None
    summary: Text | None = None
    content: Text | None = None
    authors: tuple[str, ...] = ()
    lang: str | None = None
    transcript: str | None = None


class Channel(msgspec.Struct, frozen=True, gc=False):
    """A whole feed: what it says of itself, and its items in its order, each an entry or why it is none."""

    entries: tuple[Entry | Unusable, ...]
    title: str | None = None
    link: str | None = None
    lang: str | None = None


def read(body: bytes, address: str = "", content_type: str = "") -> Channel:
    """The feed that `body` is. Raises `Unusable` where it is none.

    `address` is where it stands: relative links are resolved against it. `content_type` may name its encoding.
    """
    head = body[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head:
        raise Unusable(Reason.EMPTY, "an empty answer, expected RSS, Atom or JSON Feed")
    if head.startswith(b"{"):
        return _json_feed(body)
    if _HTML.match(head):
        raise unusable(f"an HTML page, expected RSS, Atom or JSON Feed{_feeds_named_in(body)}")
    return _xml_feed(body, address, content_type)


def _feeds_named_in(page: bytes) -> str:
    named = [_HREF.search(tag[0]) for tag in _ALTERNATE.finditer(page)]
    found = [each[1].decode(errors="replace")[:200] for each in named if each][:3]
    return f"; the page names {' and '.join(found)}" if found else ""


def _xml_feed(body: bytes, address: str, content_type: str) -> Channel:
    feedparser = library("feedparser", "feeds")
    items = body.count(b"<item") + body.count(b"<entry")
    if items > MOST_ITEMS:
        raise unusable(f"a feed of {items} items, expected at most {MOST_ITEMS}")
    # A stream: what looks like an address or a path, feedparser would open.
    headers = {"content-location": address, "content-type": content_type or "application/xml"}
    try:
        # Neither cleaned nor resolved: of HTML we read only text and links, ourselves, and feedparser's cleaner takes
        # minutes for what was made to keep it busy.
        found = feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except RecursionError:
        raise Unusable(Reason.TOO_DEEP, "nested too deep") from None
    except Exception as error:  # what feedparser's loose parser makes of broken markup is not bounded by its contract
        raise unusable(f"feedparser cannot read it: {type(error).__name__}") from None
    if not found.entries and not found.get("version") and not _CLOSED.search(body):
        why = found.get("bozo_exception")
        raise unusable("not RSS, Atom or JSON Feed" + (f": {' '.join(str(why).split())[:200]}" if why else ""))
    entries: list[Entry | Unusable] = [_entry(each) for each in found.entries]
    if entries and found.get("bozo") and not _CLOSED.search(body):
        entries[-1] = unusable("the feed is cut off here")
    channel = found.feed
    return Channel(tuple(entries), _plain(channel.get("title")), channel.get("link"), channel.get("language"))


def _entry(found: Mapping[str, Any]) -> Entry:
    published, updated = _time(found, "published"), _time(found, "updated")
    contents = found.get("content") or ()
    content = _text(max(contents, key=lambda each: len(each.get("value") or "")) if contents else None)
    lang = (contents[0] if contents else found.get("title_detail", {})).get("language")
    return Entry(
        id=_plain(found.get("id")) or None,
        link=_link(found),
        title=_text(found.get("title_detail"), found.get("title")),
        published=published or updated,  # the only date that an item has is that of its publication
        updated=updated,
        summary=_text(found.get("summary_detail"), found.get("summary")),
        content=content,
        authors=_names(found),
        lang=lang or None,
        transcript=_transcript(found),
    )


def _link(found: Mapping[str, Any]) -> str | None:
    """Its page on the web; a guid that leads to none comes after that."""
    links: Sequence[Mapping[str, str]] = found.get("links") or ()
    given = [found.get("link"), *(each.get("href") for each in links if each.get("rel", "alternate") == "alternate")]
    written = [_plain(each) for each in given if each]
    return next((each for each in written if each.startswith(("http://", "https://"))), next(iter(written), None))


def _time(found: Mapping[str, Any], name: str) -> datetime | None:
    if name not in found:  # feedparser says `published` where one asks for an absent `updated`
        return None
    parsed = found.get(f"{name}_parsed")
    if parsed is None:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _text(detail: Mapping[str, Any] | None, value: str | None = None) -> Text | None:
    found = (detail or {}).get("value") or value
    if not found:
        return None
    return Text(_plain(found), (detail or {}).get("type") != "text/plain")


def _plain(text: str | None) -> str:
    return _CONTROL.sub("", text or "").strip()


def _names(found: Mapping[str, Any]) -> tuple[str, ...]:
    people = found.get("authors") or ()
    names = [each.get("name") or each.get("email") for each in people] or [found.get("author")]
    return tuple(dict.fromkeys(_plain(name)[:1_000] for name in names if name and _plain(name)))[:50]


def _transcript(found: Mapping[str, Any]) -> str | None:
    links: Sequence[Mapping[str, str]] = found.get("links") or ()
    named = found.get("podcast_transcript")
    candidates = [named] if isinstance(named, Mapping) else []
    candidates += [{"url": each.get("href", ""), "type": each.get("type", "")} for each in links]
    return next((each.get("url") for each in candidates if is_transcript(each.get("type") or "")), None)


def is_transcript(content_type: str) -> bool:
    """Whether a media type is that of a transcript with times."""
    return content_type.partition(";")[0].strip().lower() in ("text/vtt", "application/x-subrip", "application/srt")


class _Author(msgspec.Struct, frozen=True):
    name: str | None = None


class _Item(msgspec.Struct, frozen=True):
    id: str | int | float | None = None
    url: str | None = None
    external_url: str | None = None
    title: str | None = None
    content_html: str | None = None
    content_text: str | None = None
    summary: str | None = None
    date_published: str | None = None
    date_modified: str | None = None
    author: _Author | None = None
    authors: tuple[_Author, ...] | None = None
    language: str | None = None


class _JsonFeed(msgspec.Struct, frozen=True):
    version: str
    items: tuple[Any, ...] = ()
    title: str | None = None
    home_page_url: str | None = None
    language: str | None = None
    author: _Author | None = None
    authors: tuple[_Author, ...] | None = None


def _json_feed(body: bytes) -> Channel:
    """https://jsonfeed.org/version/1.1; of 1.0 `author` is read too."""
    try:
        document = orjson.loads(body.lstrip(b"\xef\xbb\xbf \t\r\n"))
    except orjson.JSONDecodeError as error:
        raise Unusable(Reason.MALFORMED_JSON, str(error)) from None
    try:
        feed = msgspec.convert(document, _JsonFeed)
    except msgspec.ValidationError as error:
        raise unusable(f"no JSON Feed: {error}") from None
    if not _VERSION.fullmatch(feed.version):
        expected = "https://jsonfeed.org/version/1.1"
        raise unusable(f"no JSON Feed: expected a version such as {expected}, found {feed.version[:60]!r}")
    entries = tuple(_item(each, number, feed) for number, each in enumerate(feed.items))
    return Channel(entries, feed.title, feed.home_page_url, feed.language)


def _item(found: object, number: int, feed: _JsonFeed) -> Entry | Unusable:
    try:
        item = msgspec.convert(found, _Item)
    except msgspec.ValidationError as error:
        return unusable(str(error), f"$.items[{number}]")
    published, updated = _instant(item.date_published), _instant(item.date_modified)
    html, text = item.content_html, item.content_text
    people = item.authors or (item.author and (item.author,)) or feed.authors or (feed.author and (feed.author,)) or ()
    return Entry(
        id=None if item.id is None else str(item.id),
        link=item.url or item.external_url,
        title=Text(item.title, False) if item.title else None,
        published=published or updated,
        updated=updated,
        summary=Text(item.summary, False) if item.summary else None,
        content=Text(html) if html else Text(text, False) if text else None,
        authors=tuple(each.name[:1_000] for each in people if each.name),
        lang=item.language,
    )


def _instant(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # as feedparser does: a date that is none is not there
        return None
