"""A message of the Bot API (https://core.telegram.org/bots/api#message) to a post. Pure."""

from datetime import UTC, datetime

import msgspec

from schemas import Author, Embedded, Media, Place, Post, References
from streams.ingest.mapping import Skipped
from streams.ingest.telegram.common import PLATFORM, Payload, address, chat_number, entities

_MEDIA = {
    "photo": "photo",
    "video": "video",
    "video_note": "video",
    "animation": "animated_gif",
    "audio": "audio",
    "voice": "audio",
    "sticker": "sticker",
    "document": "document",
}


class _Entity(Payload, frozen=True):
    type: str
    offset: int
    length: int
    url: str | None = None


class _Chat(Payload, frozen=True):
    id: int
    type: str = ""
    title: str | None = None
    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None


class _User(Payload, frozen=True):
    id: int
    first_name: str | None = None
    last_name: str | None = None
    username: str | None = None


class _Origin(Payload, frozen=True):
    type: str
    chat: _Chat | None = None
    sender_chat: _Chat | None = None
    sender_user: _User | None = None
    sender_user_name: str | None = None
    message_id: int | None = None


class _Location(Payload, frozen=True):
    latitude: float
    longitude: float


class _Venue(Payload, frozen=True):
    location: _Location
    title: str | None = None


class _Option(Payload, frozen=True):
    text: str


class _Poll(Payload, frozen=True):
    question: str
    options: tuple[_Option, ...] = ()


class _Answered(Payload, frozen=True):
    message_id: int
    chat: _Chat | None = None


class _Message(Payload, frozen=True, rename={"from_": "from"}):
    message_id: int
    chat: _Chat
    date: int
    edit_date: int | None = None
    from_: _User | None = None
    sender_chat: _Chat | None = None
    text: str | None = None
    caption: str | None = None
    entities: tuple[_Entity, ...] = ()
    caption_entities: tuple[_Entity, ...] = ()
    forward_origin: _Origin | None = None
    forward_from_chat: _Chat | None = None
    forward_from: _User | None = None
    forward_sender_name: str | None = None
    forward_from_message_id: int | None = None
    reply_to_message: _Answered | None = None
    via_bot: _User | None = None
    location: _Location | None = None
    venue: _Venue | None = None
    poll: _Poll | None = None


def message(payload: object) -> Post | Skipped:
    """The post of one message; what a chat says of itself has neither text nor media and is skipped.

    Raises `msgspec.ValidationError`.
    """
    found = msgspec.convert(payload, _Message)
    assert isinstance(payload, dict)
    media = tuple(Media(type=kind) for name, kind in _MEDIA.items() if payload.get(name))[:1]
    text = found.text or found.caption or ""
    links, mentions, hashtags, cashtags = entities(
        _pieces(text, found.entities if found.text else found.caption_entities)
    )
    if found.poll is not None:
        text = "\n".join(filter(None, (text, found.poll.question, *(each.text for each in found.poll.options))))
    point = found.venue.location if found.venue else found.location
    if not text and not media and point is None:
        return Skipped("service")
    number = chat_number(found.chat.id)
    origin = _origin(found)
    reposted = None
    if origin is not None:
        reposted = Embedded(
            author=origin[0], text=text, links=links, media=media, hashtags=hashtags, cashtags=cashtags,
            mentions=mentions,
        )  # fmt: skip
    answered = found.reply_to_message
    reply = f"{chat_number((answered.chat or found.chat).id)}/{answered.message_id}" if answered else None
    refs = References(reply_to=reply, repost_of=origin[1] if origin else None)
    handle = found.chat.username
    return Post(
        platform=PLATFORM,
        id=f"{number}/{found.message_id}",
        op="edit" if found.edit_date else "create",
        version=found.edit_date * 1_000 if found.edit_date else 0,
        author=_of_chat(found.sender_chat or found.chat) if found.sender_chat or not found.from_ else _of(found.from_),
        text=text,
        kind="repost" if origin else "reply" if reply else "post",
        url=None if found.chat.type in ("private", "group") else address(number, handle, found.message_id),
        created_at=_instant(found.date),
        edited_at=_instant(found.edit_date) if found.edit_date else None,
        hashtags=hashtags,
        cashtags=cashtags,
        mentions=mentions,
        links=links,
        media=media,
        refs=None if refs == References() else refs,
        reposted=reposted,
        place=Place(name=found.venue.title if found.venue else None, lon=point.longitude, lat=point.latitude)
        if point
        else None,
        source=_of(found.via_bot).handle if found.via_bot else None,
    )


def _pieces(text: str, found: tuple[_Entity, ...]) -> list[tuple[str, str, str | None]]:
    """Offsets count UTF-16 code units."""
    if not found:
        return []
    units = text.encode("utf-16-le")
    return [
        (
            each.type,
            units[2 * max(0, each.offset) : 2 * max(0, each.offset + each.length)].decode("utf-16-le", "ignore"),
            each.url,
        )
        for each in found
    ]


def _origin(found: _Message) -> tuple[Author, str | None] | None:
    """Whose message it repeats, and its id where Telegram tells; `forward_origin` is since 2023, the others before."""
    origin = found.forward_origin
    chat = (origin.chat or origin.sender_chat) if origin else found.forward_from_chat
    user = origin.sender_user if origin else found.forward_from
    name = origin.sender_user_name if origin else found.forward_sender_name
    identifier = origin.message_id if origin else found.forward_from_message_id
    if chat is not None:
        return _of_chat(chat), f"{chat_number(chat.id)}/{identifier}" if identifier else None
    if user is not None:
        return _of(user), None
    return (Author(id=name[:512], handle=name[:512], name=name[:1_000]), None) if name else None


def _of_chat(chat: _Chat) -> Author:
    number = chat_number(chat.id)
    name = chat.title or " ".join(filter(None, (chat.first_name, chat.last_name)))
    return Author(id=number, handle=chat.username or number, name=name[:1_000] or None)


def _of(user: _User) -> Author:
    name = " ".join(filter(None, (user.first_name, user.last_name)))
    return Author(id=str(user.id), handle=user.username or str(user.id), name=name[:1_000] or None)


def _instant(unix: int) -> datetime:
    try:
        return datetime.fromtimestamp(unix, UTC)
    except (ValueError, OverflowError, OSError):
        raise msgspec.ValidationError(f"Expected unix seconds, found {unix} - at `$.date`") from None
