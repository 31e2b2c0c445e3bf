"""What X's formats share: identifiers that hold their time, escaped text, languages, clients, edits and kinds. Pure.

Each format's module reads its own payloads and hands what it found to `assemble`. Knows none of the formats.
"""

import calendar
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from schemas import Author, Embedded, Link, Place, Post, References
from streams.ingest.mapping import at

PLATFORM: Final = "x"

#: Milliseconds since which X's identifiers hold their time (2010-11-04), above their 22 lowest bits, and the first that
#: does. Source: Twitter's Snowflake, as it was published.
_EPOCH: Final = 1_288_834_974_657
_FIRST_SNOWFLAKE: Final = 29_700_859_247
#: X's numbers are of 64 bits.
_DIGITS: Final = 20

#: Codes that X gives where it found no language: undetermined, no words, only mentions, cashtags, hashtags, media, a
#: very short text, made-up languages. None of them says what a post is written in.
_NO_LANGUAGE: Final = frozenset({"", "und", "zxx", "qam", "qct", "qht", "qme", "qst", "art"})
#: Codes of before 1989 that X still writes, and what ISO 639 calls these languages since.
_RENAMED: Final = {"in": "id", "iw": "he", "ji": "yi"}

#: A time as v1.1 and Gnip write it; `strptime`, which reads all of them, takes ten times as long.
_USUAL_TIME: Final = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) \+0000 ([0-9]{4})"
)
_MONTHS: Final = {name: f"{number:02}" for number, name in enumerate(calendar.month_abbr)}

_NOWHERE: Final = Place()
_NO_REFERENCES: Final = References()

_ANCHOR: Final = re.compile(r"\s*<a\b[^>]*>(.*)</a>\s*", re.DOTALL | re.IGNORECASE)
#: The address of a post's own picture or video.
_OWN_MEDIA: Final = re.compile(r"https?://(?:twitter|x)\.com/[^/]+/status/\d+/(photo|video)/\d+")


class Payload(msgspec.Struct, frozen=True, gc=False):
    """Part of what X sends: the fields that are read. All others are ignored."""


class Point(Payload, frozen=True):
    """GeoJSON's point."""

    coordinates: tuple[float, float]


def missing(field: str, path: str = "$", hint: str = "") -> msgspec.ValidationError:
    """The error for a required field that stands in none of the places where it may stand."""
    return msgspec.ValidationError(at(f"Object missing required field `{field}`{hint and '; '}{hint}", path))


def number(digits: str, what: str, field: str) -> int | None:
    """The number that these digits are, None if they are anything else; raises for more than X's numbers have."""
    if not digits.isdecimal():
        return None
    if len(digits) > _DIGITS:
        raise msgspec.ValidationError(f"Expected {what}, found {digits[:40]!r} - at `$.{field}`")
    return int(digits)


def identifier_of(number: int | str) -> str:
    """An identifier that X gives as a number; of a string nothing is asked."""
    if isinstance(number, int) and abs(number) >= 10**_DIGITS:
        raise msgspec.ValidationError(f"Expected an identifier of X, found a number of more than {_DIGITS} digits")
    return str(number)


def milliseconds(identifier: str) -> int | None:
    """When a post with this identifier was made; None for one of before November 2010."""
    snowflake = number(identifier, "an identifier of X", "id")
    return None if snowflake is None or snowflake < _FIRST_SNOWFLAKE else (snowflake >> 22) + _EPOCH


def instant(identifier: str) -> datetime | None:
    """The same as an instant, to the second, as X gives `created_at`."""
    time = milliseconds(identifier)
    return None if time is None else datetime.fromtimestamp(time // 1_000, UTC)


def written(time: str | None, field: str) -> datetime | None:
    """An instant as any of X's formats spells it: `2022-10-03T17:57:11.000Z` or `Wed Oct 05 20:51:58 +0000 2022`."""
    if not time:
        return None
    try:
        if time[:1].isdigit():
            found = datetime.fromisoformat(time)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        usual = _USUAL_TIME.fullmatch(time)
        if usual is not None and usual[1] in _MONTHS:
            month, day, clock, year = usual.groups()
            return datetime.fromisoformat(f"{year}-{_MONTHS[month]}-{day}T{clock}+00:00")
        return datetime.strptime(time, "%a %b %d %H:%M:%S %z %Y").astimezone(UTC)
    except (ValueError, OverflowError):  # before the year 1 or after 9999 in UTC
        expected = "2022-10-03T17:57:11.000Z or Wed Oct 05 20:51:58 +0000 2022"
        raise msgspec.ValidationError(
            f"Expected a time such as {expected}, found {time[:40]!r} - at `$.{field}`"
        ) from None


def unescape(text: str) -> str:
    """The text as its author wrote it: X escapes these three characters, and no others."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if "&" in text else text


def filled(text: str | None) -> str | None:
    """A text that an author may leave out, unescaped; None where it is left out."""
    return unescape(text) if text else None


def language(code: str | None) -> str | None:
    """X's language as ISO 639 names it; None where X found none."""
    return None if code is None or code in _NO_LANGUAGE else _RENAMED.get(code, code)


def client(source: str | None) -> str | None:
    """The name of the client that a post was written with, without the link that X wraps it in."""
    if not source:
        return None
    anchor = _ANCHOR.fullmatch(source)
    return filled((anchor[1] if anchor else source).strip())


def own_media(expanded: str | None) -> str | None:
    """`photo` or `video` where an address is that of a post's own picture or video."""
    found = _OWN_MEDIA.fullmatch(expanded) if expanded else None
    return found[1] if found else None


def distinct(links: Sequence[Link]) -> tuple[Link, ...]:
    """Each link once: X names one for each picture behind it.

    The link to a post's own pictures is one of its links: X finds words in it, and calls it one for `has:links`.
    """
    if len(links) < 2:
        return tuple(links)
    return tuple({link.url: link for link in reversed(links)}.values())[::-1]


def box(corners: Iterable[tuple[float, float]]) -> tuple[float, float, float, float] | None:
    """West, south, east and north of these points (longitude, latitude); None without any."""
    points = list(corners)
    if not points:
        return None
    lons, lats = [lon for lon, _ in points], [lat for _, lat in points]
    return min(lons), min(lats), max(lons), max(lats)


def place_or_none(place: Place) -> Place | None:
    """The place, if anything is known of it."""
    return None if place == _NOWHERE else place


def assemble(
    own: Embedded,
    identifier: str,
    *,
    first: str | None,
    created_at: datetime | None,
    refs: References,
    reposted: Embedded | None,
    quoted: Embedded | None,
    **more: Any,
) -> Post:
    """The post of which `own` is what it says itself.

    `first` is the identifier of its first version, where X names one: an edit on X is a new identifier, here it is a
    later record of the same post, with the edit's milliseconds as its version and the first one's time as its creation.
    A reply is what answers a post; a text that only begins with somebody's name isn't one (X's `is:reply` says the
    same), though `refs.reply_to_handle` names whom it is for. A reply that quotes is a reply; `refs` says both.
    """
    edited = first is not None and first != identifier
    post = first if first is not None and edited else identifier
    return Post(
        platform=PLATFORM,
        id=post,
        op="edit" if edited else "create",
        version=(milliseconds(identifier) or 0) if edited else 0,
        author=own.author,
        text=own.text,
        kind="repost" if refs.repost_of else "reply" if refs.reply_to else "quote" if refs.quote_of else "post",
        url=_address(own.author, identifier),
        created_at=instant(post) if edited else created_at or instant(post),
        edited_at=(created_at or instant(identifier)) if edited else None,
        hashtags=own.hashtags,
        cashtags=own.cashtags,
        mentions=own.mentions,
        links=own.links,
        media=own.media,
        refs=None if refs == _NO_REFERENCES else refs,
        reposted=reposted,
        quoted=quoted,
        **more,
    )


def _address(author: Author, identifier: str) -> str:
    # Where X gives no handle the author's identifier stands in for it, which is no address.
    handle = "i" if author.handle == author.id else author.handle
    return f"https://x.com/{handle}/status/{identifier}"
