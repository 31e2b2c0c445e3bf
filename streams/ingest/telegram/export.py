"""A message of an export that Telegram Desktop made (result.json) to a post. Pure.

Exports differ by age: old ones have no unix times, and one text where new ones list its entities.
"""

from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec

from schemas import Author, Embedded, Media, Place, Post, References
from streams.ingest.mapping import Skipped
from streams.ingest.telegram.common import PLATFORM, Payload, address, chat_number, entities

_MEDIA = {
    "sticker": "sticker",
    "video_message": "video",
    "video_file": "video",
    "voice_message": "audio",
    "audio_file": "audio",
    "animation": "animated_gif",
}


class _Entity(Payload, frozen=True):
    type: str
    text: str = ""
    href: str | None = None


class _Chat(Payload, frozen=True):
    id: int
    name: str | None = None
    type: str = ""


class _Answer(Payload, frozen=True):
    text: str | list[str | _Entity] = ""


class _Poll(Payload, frozen=True):
    question: str | list[str | _Entity] = ""
    answers: tuple[_Answer, ...] = ()


class _Location(Payload, frozen=True):
    latitude: float
    longitude: float


class _Message(Payload, frozen=True, rename={"from_": "from"}):
    id: int
    date: str | None = None
    date_unixtime: int | str | None = None
    edited: str | None = None
    edited_unixtime: int | str | None = None
    from_: str | None = None
    from_id: int | str | None = None
    forwarded_from: str | None = None
    forwarded_from_id: int | str | None = None
    reply_to_message_id: int | None = None
    reply_to_peer_id: str | None = None
    text: str | list[str | _Entity] = ""
    photo: str | None = None
    file: str | None = None
    media_type: str | None = None
    mime_type: str | None = None
    via_bot: str | None = None
    poll: _Poll | None = None
    location_information: _Location | None = None
    place_name: str | None = None


def message(payload: object, chat: dict[str, Any], zone: tzinfo) -> Post | Skipped:
    """The post of one message in `chat`; what a chat says of itself is skipped, and what says nothing at all.

    Raises `msgspec.ValidationError`.
    """
    if isinstance(payload, dict) and payload.get("type", "message") != "message":
        return Skipped(f"{payload['type']}"[:40])
    found = msgspec.convert(payload, _Message)
    where = msgspec.convert(chat, _Chat)
    text, named = _text(found.text)
    if found.poll is not None:
        parts = (found.poll.question, *(each.text for each in found.poll.answers))
        text = "\n".join(filter(None, (text, *(_text(each)[0] for each in parts))))
    media = _media(found)
    if not text and not media and found.location_information is None:
        return Skipped("empty")
    number = chat_number(where.id)
    edited = _instant(found.edited_unixtime, found.edited, zone)
    links, mentions, hashtags, cashtags = entities(named)
    reposted = None
    if found.forwarded_from is not None or found.forwarded_from_id is not None:
        reposted = Embedded(
            author=_author(found.forwarded_from_id, found.forwarded_from, "unknown"), text=text, links=links,
            media=media, hashtags=hashtags, cashtags=cashtags, mentions=mentions,
        )  # fmt: skip
    reply = None
    if found.reply_to_message_id is not None:
        reply = f"{chat_number(found.reply_to_peer_id or where.id)}/{found.reply_to_message_id}"
    point = found.location_information
    return Post(
        platform=PLATFORM,
        id=f"{number}/{found.id}",
        op="edit" if edited else "create",
        version=round(edited.timestamp() * 1_000) if edited else 0,
        author=_author(found.from_id, found.from_ or where.name, number),
        text=text,
        kind="repost" if reposted else "reply" if reply else "post",
        url=address(number, None, found.id) if "channel" in where.type or "supergroup" in where.type else None,
        created_at=_instant(found.date_unixtime, found.date, zone),
        edited_at=edited,
        hashtags=hashtags,
        cashtags=cashtags,
        mentions=mentions,
        links=links,
        media=media,
        refs=References(reply_to=reply) if reply else None,
        reposted=reposted,
        place=Place(name=found.place_name, lon=point.longitude, lat=point.latitude) if point else None,
        source=found.via_bot,
    )


def _author(identifier: int | str | None, name: str | None, fallback: str) -> Author:
    # An export names no handles; what an account can be told by is its number, else its name.
    number = chat_number(identifier) if identifier is not None else (name or fallback)[:512]
    return Author(id=number, handle=number, name=name[:1_000] if name else None)


def _text(found: str | list[str | _Entity]) -> tuple[str, list[tuple[str, str, str | None]]]:
    if isinstance(found, str):
        return found, []
    text = "".join(each if isinstance(each, str) else each.text for each in found)
    return text, [(each.type, each.text, each.href) for each in found if isinstance(each, _Entity)]


def _media(found: _Message) -> tuple[Media, ...]:
    if found.photo is not None:
        return (Media(type="photo"),)
    if found.media_type is not None:
        return (Media(type=_MEDIA.get(found.media_type, found.media_type[:1_000])),)
    if found.file is None:
        return ()
    kind = (found.mime_type or "").partition("/")[0]
    return (Media(type={"image": "photo", "video": "video", "audio": "audio"}.get(kind, "document")),)


def _instant(unix: int | str | None, local: str | None, zone: tzinfo) -> datetime | None:
    try:
        if unix is not None:
            return datetime.fromtimestamp(int(unix), UTC)
        return datetime.fromisoformat(local).replace(tzinfo=zone).astimezone(UTC) if local else None
    except (ValueError, OverflowError, OSError):
        raise msgspec.ValidationError(f"Expected a time, found {str(unix or local)[:40]!r} - at `$.date`") from None
