"""What Telegram's two formats share: how chats are numbered, addresses, and what entities say of a text. Pure.

Each format's module reads its own payloads. Knows neither.
"""

from typing import Final, NamedTuple

import msgspec

from schemas import Link

PLATFORM: Final = "telegram"
#: What the Bot API puts before the number of a channel or supergroup.
_BOT_CHANNEL: Final = "-100"


class Payload(msgspec.Struct, frozen=True, gc=False):
    """Part of what Telegram sends: the fields that are read. All others are ignored."""


class Entities(NamedTuple):
    """What stands in a text."""

    links: tuple[Link, ...] = ()
    mentions: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    cashtags: tuple[str, ...] = ()


def chat_number(identifier: int | str) -> str:
    """A chat's bare number, as the Bot API (-1001234567890) or an export (1234567890, channel1234567890) names it."""
    text = str(identifier).removeprefix(_BOT_CHANNEL)
    return text.lstrip("-abcdefghijklmnopqrstuvwxyz") or text


def address(chat: str, handle: str | None, message: int) -> str:
    """Where a message stands on the web; without the chat's handle only its members see it there."""
    return f"https://t.me/{handle}/{message}" if handle else f"https://t.me/c/{chat}/{message}"


def entities(found: list[tuple[str, str, str | None]]) -> Entities:
    """Of (type, text, address) as Telegram names them; types that say only how a text looks are passed over."""
    links: dict[str, Link] = {}
    named: dict[str, dict[str, None]] = {"mention": {}, "hashtag": {}, "cashtag": {}}
    for kind, text, href in found:
        if kind in named:
            # A tag may name a channel to look in: #tag@channel.
            name = text.strip().lstrip("@#$").partition("@")[0][:1_000]
            if name:
                named[kind].setdefault(name)
        elif kind in ("link", "url", "text_link"):
            written = text.strip() if kind != "text_link" else href or ""
            if written and not written.startswith(("tg:", "ton:", "mailto:", "tel:")):
                links.setdefault(written, Link(url=written, expanded=None if "://" in written else f"http://{written}"))
    return Entities(tuple(links.values()), *(tuple(names) for names in named.values()))
