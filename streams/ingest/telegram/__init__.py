"""What Telegram gives, recorded or live, to posts: an export of Telegram Desktop, updates of the Bot API. Pure.

Decides by its shape what a payload is and takes it apart; the format's own module maps each message. A post's id is
`CHAT/MESSAGE`, for a message has its number only within its chat, and both formats name a chat alike.
"""

from collections.abc import Iterator
from datetime import UTC, tzinfo
from functools import partial
from typing import Any

from schemas import Reason
from schemas.codec import Unusable
from streams.ingest.mapping import Outcome, Skipped, checked, unusable
from streams.ingest.telegram import bot, export


def records(payload: object, received: int = 0, zone: tzinfo = UTC) -> Iterator[Outcome]:
    """The records of one payload (an export, an answer to getUpdates, an update, an array of these), in order.

    `zone` is that of the machine which made an export: old ones name no other. `received` decides nothing: Telegram
    tells of no deletion.
    """
    try:
        yield from _records(payload, zone, "$")
    except RecursionError:
        yield Unusable(Reason.TOO_DEEP, "nested too deep")


def _records(payload: object, zone: tzinfo, path: str) -> Iterator[Outcome]:
    if isinstance(payload, list):
        for number, each in enumerate(payload):
            yield from _records(each, zone, f"{path}[{number}]")
    elif not isinstance(payload, dict):
        yield unusable(f"Expected `object`, got `{type(payload).__name__}`", path)
    elif "messages" in payload:
        yield from _chat(payload, zone, path)
    elif "chats" in payload or "left_chats" in payload:
        yield from _account(payload, zone, path)
    elif "result" in payload:
        yield from _records(payload["result"], zone, f"{path}.result")
    elif payload.get("ok") is False:
        yield Skipped("error")
    elif "update_id" in payload:
        yield update(payload, path)
    elif "message_id" in payload:
        yield checked(partial(bot.message, payload), path)
    else:
        found = ", ".join(sorted(map(str, payload))[:8]) or "nothing"
        yield unusable(f"Expected an export of Telegram or updates of its Bot API, found an object with {found}", path)


def update(payload: dict[str, Any], path: str = "$") -> Outcome:
    """What one update of the Bot API holds."""
    for name in ("channel_post", "edited_channel_post", "message", "edited_message"):
        if name in payload:
            return checked(partial(bot.message, payload[name]), f"{path}.{name}")
    return Skipped(next((name for name in payload if name != "update_id"), "nothing"))


def _account(payload: dict[str, Any], zone: tzinfo, path: str) -> Iterator[Outcome]:
    """An export of all chats of an account."""
    for name in ("chats", "left_chats"):
        chats = payload.get(name)
        listed = chats.get("list") if isinstance(chats, dict) else None
        for number, chat in enumerate(listed if isinstance(listed, list) else ()):
            yield from _records(chat, zone, f"{path}.{name}.list[{number}]")


def _chat(payload: dict[str, Any], zone: tzinfo, path: str) -> Iterator[Outcome]:
    messages = payload["messages"]
    if not isinstance(messages, list):
        yield unusable("Expected `array`", f"{path}.messages")
        return
    for number, each in enumerate(messages):
        yield checked(partial(export.message, each, payload, zone), f"{path}.messages[{number}]")
