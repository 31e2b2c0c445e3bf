"""What X's formats share: identifiers that hold their time, escaped text, languages, clients, edits and kinds. Pure.

Each format's module reads its own payloads and hands what it found to `assemble`. Knows none of the formats.
"""

import calendar
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

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

#: A time as v1.1 and Gnip write it, without its clock; `strptime`, which reads all of them, takes twenty times as long.
_USUAL_DAY: Final = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([0-9]{2})  \+0000 ([0-9]{4})")
_USUAL_LENGTH: Final = len("Wed Oct 05 20:51:58 +0000 2022")
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
            if found.tzinfo is UTC:
                return found
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        if len(time) == _USUAL_LENGTH and time[13] == time[16] == ":":
            day = _day(time[:11] + time[19:])
            if day:
                return datetime.fromisoformat(f"{day}{time[11:19]}+00:00")
        return datetime.strptime(time, "%a %b %d %H:%M:%S %z %Y").astimezone(UTC)
    except (ValueError, OverflowError):  # before the year 1 or after 9999 in UTC
        expected = "2022-10-03T17:57:11.000Z or Wed Oct 05 20:51:58 +0000 2022"
        raise msgspec.ValidationError(
            f"Expected a time such as {expected}, found {time[:40]!r} - at `$.{field}`"
        ) from None


@lru_cache(maxsize=1_024)
def _day(around: str) -> str:
    """`2022-10-05T` of `Wed Oct 05  +0000 2022`: a usual time without its clock, as all posts of a day have it."""
    usual = _USUAL_DAY.fullmatch(around)
    return f"{usual[3]}-{_MONTHS[usual[1]]}-{usual[2]}T" if usual is not None and usual[1] in _MONTHS else ""


def unescape(text: str) -> str:
    """The text as its author wrote it: X escapes these three characters, and no others."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if "&" in text else text


def filled(text: str | None) -> str | None:
    """A text that an author may leave out, unescaped; None where it is left out."""
    return (unescape(text) if "&" in text else text) if text else None


def language(code: str | None) -> str | None:
    """X's language as ISO 639 names it; None where X found none."""
    return None if code is None or code in _NO_LANGUAGE else _RENAMED.get(code, code)


def client(source: str | None) -> str | None:
    """The name of the client that a post was written with, without the link that X wraps it in."""
    if not source:
        return None
    if "<" in source:
        anchor = _ANCHOR.fullmatch(source)
        return filled((anchor[1] if anchor else source).strip())
    return filled(source.strip())


def own_media(expanded: str | None) -> str | None:
    """`photo` or `video` where an address is that of a post's own picture or video."""
    found = _OWN_MEDIA.fullmatch(expanded) if expanded and "/status/" in expanded else None
    return found[1] if found else None


def distinct(links: Sequence[Link]) -> tuple[Link, ...]:
    """Each link once: X names one for each picture behind it.

    The link to a post's own pictures is one of its links: X finds words in it, and calls it one for `has:links`.
    """
    if len(links) < 2:
        return tuple(links)
    return tuple({link.url: link for link in reversed(links)}.values())[::-1]


def box(corners: Sequence[tuple[float, float]]) -> tuple[float, float, float, float] | None:
    """West, south, east and north of these points (longitude, latitude); None without any."""
    if not corners:
        return None
    lons, lats = zip(*corners, strict=True)
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
    place: Place | None,
    source: str | None,
    lang: str | None,
) -> Post:
    """The post of which `own` is what it says itself.

    `first` is the identifier of its first version, where X names one: an edit on X is a new identifier, here it is a
    later record of the same post, with the edit's milliseconds as its version and the first one's time as its creation.
    A reply is what answers a post; a text that only begins with somebody's name isn't one (X's `is:reply` says the
    same), though `refs.reply_to_handle` names whom it is for. A reply that quotes is a reply; `refs` says both.
    """
    edited = first is not None and first != identifier
    post = first if first is not None and edited else identifier
    # By position: a call with more than fifteen names builds a dict, which costs as much as the rest of this function.
    return Post(
        PLATFORM,
        post,
        "edit" if edited else "create",
        (milliseconds(identifier) or 0) if edited else 0,
        own.author,
        own.text,
        "repost" if refs.repost_of else "reply" if refs.reply_to else "quote" if refs.quote_of else "post",
        _address(own.author, identifier),
        instant(post) if edited else created_at or instant(post),
        (created_at or instant(identifier)) if edited else None,  # edited_at
        lang,
        None,  # lang_detected
        own.hashtags,
        own.cashtags,
        own.mentions,
        own.links,
        own.media,
        None if refs == _NO_REFERENCES else refs,
        reposted,
        quoted,
        place,
        source,
    )


def _address(author: Author, identifier: str) -> str:
    # Where X gives no handle the author's identifier stands in for it, which is no address.
    handle = "i" if author.handle == author.id else author.handle
    return f"https://x.com/{handle}/status/{identifier}"
