"""Alerts to messages: one each, or one for many where more than ten ring within a minute. Pure.

A message's id follows from its endpoint and its first alert, so it is the same whoever makes it, however often.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from schemas import Alert
from schemas.delivery import Message
from streams.alerts.delivery.book import Line

#: Alerts to one endpoint within `WITHIN` seconds that get a message each.
MOST_SINGLE: Final = 10
WITHIN: Final = 60
#: Alerts of one grouped message; the next one follows a minute later.
MOST_GROUPED: Final = 100


def message_id(endpoint: str, alert: str) -> str:
    """The id of the message that this alert begins."""
    return "msg_" + hashlib.blake2b(f"{endpoint}\n{alert}".encode(), digest_size=16).hexdigest()


def messages(
    endpoint: str, line: Line, open_group: Message | None, alerts: Sequence[Alert], now: datetime, second: float = 1.0
) -> list[Message]:
    """The messages to write for these alerts, in order; an alert that the line knows gets none.

    `open_group` is the last message of the line where it is a group that was not tried yet: it takes them in, and is
    written anew under its own sequence. `second` is the length of a second of `WITHIN`.
    """
    fresh = list({each.id: each for each in alerts if each.id not in line.known}.values())
    found: list[Message] = []
    if open_group is not None and fresh:
        room = MOST_GROUPED - len(open_group.alerts)
        taken, fresh = fresh[:room], fresh[room:]
        if taken:
            found.append(replace(open_group, alerts=open_group.alerts + tuple(map(_brief, taken))))
    recent = sum(len(each.alerts) for each in line.since(now.timestamp() - WITHIN * second))
    sequence = line.last
    if open_group is None and recent + len(fresh) <= MOST_SINGLE:
        for sequence, alert in enumerate(fresh, line.last + 1):
            kind: str = "alert.firing" if alert.state == "firing" else "alert.resolved"
            found.append(_message(endpoint, sequence, kind, (alert,), now))
        return found
    for start in range(0, len(fresh), MOST_GROUPED):
        sequence += 1
        part = tuple(map(_brief, fresh[start : start + MOST_GROUPED]))
        found.append(_message(endpoint, sequence, "alerts.grouped", part, now))
    return found


def _message(endpoint: str, sequence: int, kind: str, alerts: tuple[Alert, ...], now: datetime) -> Message:
    return Message(
        id=message_id(endpoint, alerts[0].id), type=kind, endpoint=endpoint, sequence=sequence,  # type: ignore[arg-type]
        timestamp=now, alerts=alerts,
    )  # fmt: skip


def _brief(alert: Alert) -> Alert:
    return replace(alert, samples=(), offsets=())
