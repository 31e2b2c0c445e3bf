"""Rows of an export of Meta's Content Library or of CrowdTangle to Facebook posts. Pure: no files, no clock.

Columns are found by their header, as either names them; both layouts lead to the same fields. A post's id is the
export's own: the Content Library's is not Facebook's, so posts of the two don't meet.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Final

import msgspec

from schemas import Author, Link, Media, Post, PostDeletion, References
from schemas.codec import Unusable
from streams.ingest.mapping import Outcome, checked, unusable
from streams.ingest.tables import Row
from streams.ingest.times import to_milliseconds

PLATFORM: Final = "facebook"

#: Field -> what its column is called, without case, spaces and punctuation: first the Content Library's name (as its
#: API and as its page has it), then CrowdTangle's, then that of CrowdTangle's API.
_COLUMNS: Final = {
    "id": ("id", "metacontentlibraryid", "postid", "platformid"),
    "text": ("text", "posttext", "message"),
    "created": ("creationtime", "postcreated", "date"),
    "modified": ("modifiedtime", "updated"),
    "lang": ("lang", "language", "languagecode"),
    "type": ("contenttype", "type"),
    "hashtags": ("hashtags",),
    "url": ("mclurl", "metacontentlibraryurl", "url", "posturl"),
    "link": ("linkattachmentlink", "link"),
    "final": ("finallink", "expandedlink0expanded"),
    "link_title": ("linkattachmentname", "linktext", "title"),
    "link_text": ("linkattachmentdescription", "description"),
    "image_text": ("imagetext",),
    "owner": ("postownerid", "postownermetacontentlibraryid", "facebookid", "accountplatformid", "accountid"),
    "handle": ("postownerusername", "username", "accounthandle"),
    "name": ("postownername", "pagename", "groupname", "accountname", "account"),
    "followers": ("followersatposting", "likesatposting", "accountsubscribercount"),
    "shared": ("sharedpostid",),
    "description": ("pagedescription",),
}
_MEDIA: Final = {
    "photo": "photo",
    "album": "photo",
    "image": "photo",
    "video": "video",
    "reel": "video",
    "live": "video",
}
#: CrowdTangle writes times in the zone of the one who exported, by its name; hours from UTC.
_ZONES: Final = {
    "UTC": 0, "GMT": 0, "BST": 1, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "EST": -5,
    "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "JST": 9, "AEST": 10,
    "AEDT": 11,
}  # fmt: skip
_TAG: Final = re.compile(r"(?<![\w&/#])#(\w*[^\W\d]\w*)")
_NUMBERED: Final = re.compile(r"/(?:posts|videos|photos|permalink|reel)/(?:[^/?]+/)*?(?:[^/?]*?[:.])?(\d{5,})")
_QUERY: Final = re.compile(r"[?&](?:story_fbid|fbid|v|multi_permalinks)=(pfbid\w+|\d{5,})")


def records(rows: Iterable[Row | tuple[int, Unusable]]) -> Iterator[tuple[int, Outcome]]:
    """Each row's post with the line on which it stands."""
    places: Mapping[str, str] | None = None
    for row in rows:
        if isinstance(row, tuple):
            yield row
            continue
        if places is None:
            places = _placed(row.cells)
        found = {field: row.cells.get(name, "") for field, name in places.items()}
        yield row.line, checked(partial(_post, found))


def deletions(earlier: Iterable[Post], later: Sequence[Post], received: int) -> Iterator[PostDeletion]:
    """What `earlier` holds and the complete export `later` no longer does, deleted at `received` (unix milliseconds).

    Only within the time that both span: an export of another week says nothing of this one's posts.
    """
    kept = {post.id for post in later}
    times = [post.created_at for post in later if post.created_at is not None]
    if not times:
        return
    first, last = min(times), max(times)
    for post in earlier:
        if post.id not in kept and post.created_at is not None and first <= post.created_at <= last:
            yield PostDeletion(platform=PLATFORM, id=post.id, op="delete", version=received)


def _placed(cells: Mapping[str, str]) -> Mapping[str, str]:
    folded: dict[str, str] = {}
    for name in cells:
        folded.setdefault(re.sub(r"[\W_]", "", name.casefold()), name)
    places = {
        field: next(folded[name] for name in names if name in folded)
        for field, names in _COLUMNS.items()
        if any(name in folded for name in names)
    }
    if "created" not in places or not places.keys() & {"id", "url"}:
        found = ", ".join(cells)[:200]
        raise unusable(
            "expected the columns of Meta's Content Library (id, creation_time, text, post_owner.username) or of "
            f"CrowdTangle (Post Created, URL, Message, User Name), found {found}"
        )
    return places


def _post(found: Mapping[str, str]) -> Post:
    def get(field: str) -> str:
        return found.get(field, "")

    owner = get("owner") or get("handle") or get("name")[:512]
    if not owner:
        raise msgspec.ValidationError("Expected the id, the user name or the name of who posted it, found none")
    created, modified = _instant(get("created")), _instant(get("modified"))
    edited = modified if modified is not None and created is not None and modified > created else None
    text = "\n".join(dict.fromkeys(filter(None, (get("text"), get("image_text")))))
    shared = get("shared") or None
    return Post(
        platform=PLATFORM,
        id=_identifier(get("id"), get("url"), get("owner")),
        op="edit" if edited else "create",
        version=to_milliseconds(edited) if edited else 0,
        author=Author(
            id=owner,
            handle=get("handle") or owner,
            name=get("name")[:1_000] or None,
            followers=_number(get("followers")),
            description=get("description") or None,
        ),
        text=text,
        kind=("quote" if text else "repost") if shared else "post",
        url=get("url") or None,
        created_at=created,
        edited_at=edited,
        lang=None if get("lang").lower() in ("", "und", "unknown") else get("lang"),
        hashtags=_tags(get("hashtags"), text),
        links=_links(found),
        media=_media(get("type")),
        refs=References(**{"quote_of" if text else "repost_of": shared}) if shared else None,
    )


def _identifier(given: str, url: str, owner: str) -> str:
    if given:
        return given
    found = _NUMBERED.search(url) or _QUERY.search(url)
    if found is not None:
        return f"{owner}_{found[1]}" if owner else found[1]
    if not url:
        raise msgspec.ValidationError("Expected an id or an address of the post, found neither")
    return url[:512]


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    when, _, zone = text.rpartition(" ")
    hours = _ZONES.get(zone.upper())
    try:
        if hours is not None:
            return datetime.fromisoformat(when).replace(tzinfo=timezone(timedelta(hours=hours))).astimezone(UTC)
        if text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        expected = "2024-03-01T12:00:00+0000 or 2024-03-01 12:00:00 EST"
        raise msgspec.ValidationError(f"Expected a time such as {expected}, found {text[:40]!r}") from None


def _number(text: str) -> int | None:
    digits = text.replace(",", "").removesuffix(".0")
    return int(digits) if digits.isdecimal() and len(digits) < 16 else None


def _tags(listed: str, text: str) -> tuple[str, ...]:
    written = re.findall(r"[^\s,;\[\]'\"#]+", listed) if listed else _TAG.findall(text)
    return tuple(dict.fromkeys(each[:1_000] for each in written))


def _links(found: Mapping[str, str]) -> tuple[Link, ...]:
    written, final = found.get("link", ""), found.get("final", "")
    if not (written or final):
        return ()
    return (
        Link(
            url=written or final,
            expanded=final or None,
            title=found.get("link_title") or None,
            description=found.get("link_text") or None,
        ),
    )


def _media(kind: str) -> tuple[Media, ...]:
    folded = kind.casefold()
    return next(((Media(type=name),) for word, name in _MEDIA.items() if word in folded), ())
