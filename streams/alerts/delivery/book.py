"""What the topic `deliveries` says, record by record: each endpoint's messages and how far it has come.

Holds where messages stand, not the messages. Whoever reads the same records has the same book. Knows no Kafka.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from schemas.delivery import Message, Position, Progress, Redelivery

log = logging.getLogger(__name__)

HANDED_OUT = "@alerts"
HOLDER = "@holder"
#: Seconds between two grouped messages to an endpoint.
GROUP_EVERY = 60

_message = msgspec.json.Decoder(Message).decode
_progress = msgspec.json.Decoder(Progress).decode
_position = msgspec.json.Decoder(Position).decode
_redelivery = msgspec.json.Decoder(Redelivery).decode


def message_key(endpoint: str, sequence: int) -> str:
    """The key of a message."""
    return f"{endpoint}/{sequence}"


def redelivery_key(endpoint: str) -> str:
    """The key of what a person asked for."""
    return f"{endpoint}!"


class Entry(NamedTuple):
    """Where a message stands (its offset), what it holds, when it was made (unix s), and if it is a group."""

    id: str
    offset: int
    alerts: tuple[str, ...]
    at: float
    grouped: bool


@dataclass(slots=True)
class Line:
    """What is known of one endpoint."""

    progress: Progress
    entries: dict[int, Entry] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    """Alert -> the message it stands in, of all messages that are kept."""
    last: int = 0
    """The sequence assigned last."""
    redelivery: Redelivery | None = None
    """What a person asked for last."""

    def note(self, message: Message, offset: int) -> None:
        """Note a message that stands in the topic."""
        ids = tuple(each.id for each in message.alerts)
        grouped = message.type == "alerts.grouped"
        self.entries[message.sequence] = Entry(message.id, offset, ids, message.timestamp.timestamp(), grouped)
        self.known.update(dict.fromkeys(ids, message.sequence))
        self.last = max(self.last, message.sequence)

    def drop(self, sequence: int) -> None:
        """Forget a message that is no longer kept."""
        entry = self.entries.pop(sequence, None)
        for alert in entry.alerts if entry else ():
            if self.known.get(alert) == sequence:
                del self.known[alert]

    @property
    def first(self) -> int:
        """The lowest sequence that is kept; one beyond the last where none is."""
        return next(iter(self.entries), self.last + 1)

    @property
    def head(self) -> tuple[int, Entry] | None:
        """The next message to deliver."""
        return self._after(self.progress.delivered)

    @property
    def oldest_undelivered(self) -> float | None:
        """When the oldest message that never arrived was made, unix s."""
        following = self._after(self.progress.reached)
        return None if following is None else following[1].at

    def since(self, at: float) -> Sequence[Entry]:
        """The messages made after then, newest first."""
        found: list[Entry] = []
        sequence = self.last
        while (entry := self.entries.get(sequence)) is not None and entry.at > at:
            found.append(entry)
            sequence -= 1
        return found

    def _after(self, sequence: int) -> tuple[int, Entry] | None:
        """The message after that one; any that couldn't be read is passed over."""
        if sequence >= self.last:
            return None
        following = sequence + 1
        if following not in self.entries:
            following = min((each for each in self.entries if each > sequence), default=following)
        entry = self.entries.get(following)
        return None if entry is None else (following, entry)


class Book:
    """All endpoints that ever had a message, and how far `alerts` was handed out."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}
        self.handed_out: int | None = None

    def line(self, endpoint: str) -> Line:
        """What is known of an endpoint; a new one has nothing."""
        return self.lines.setdefault(endpoint, Line(Progress(endpoint=endpoint)))

    def take(self, key: str, value: bytes | None, offset: int) -> None:
        """Note the next record. One that can't be read is passed over, and said."""
        try:
            self._take(key, value, offset)
        except (msgspec.MsgspecError, ValueError) as error:
            log.error("Offset %d of deliveries is passed over, it can't be read: %s", offset, error)

    def _take(self, key: str, value: bytes | None, offset: int) -> None:
        endpoint, slash, sequence = key.partition("/")
        if slash:
            if value is None:
                self.line(endpoint).drop(int(sequence))
                return
            message = _message(value)
            if message_key(message.endpoint, message.sequence) != key:
                raise ValueError(f"the key is {key[:100]!r}")
            self.line(endpoint).note(message, offset)
        elif value is None or key == HOLDER:
            return
        elif key == HANDED_OUT:
            self.handed_out = _position(value).offset
        elif key.endswith("!"):
            self.line(key[:-1]).redelivery = _redelivery(value)
        else:
            line = self.line(key)
            line.progress = _progress(value)
            line.last = max(line.last, line.progress.reached)  # of that message the record may not be readable
