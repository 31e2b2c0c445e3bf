"""Which revision of each event readers are shown, which is being back-filled, and the end of those superseded.

Every move is a compare-and-set on the offset that the event's record has in `tracked-events`. Knows neither how a
back-fill runs nor when it is done.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.codec import Unusable, decode_tracked_event, encode
from schemas.event import TrackedEvent
from streams.settings import Settings
from streams.trends.keys import Keys
from streams.trends.scripts import Call, Client, Script

log = logging.getLogger(__name__)

LINGER = 600
"""Seconds for which a superseded revision's counts stay: nobody who read the catalog just before meets a gap."""

_UNLINK = 500
#: Definitions that are read and decoded in one go: some milliseconds of the loop.
_PORTION = 250


@dataclass(slots=True)
class _Read:
    """What was read of one hash: the values whose definitions were there, and the events that they name.

    `version` is what it was read under; None where something was missing or moved meanwhile: it is read again.
    `unreadable` says by tag what is wrong with a definition that was there and could not be read.
    """

    version: bytes | None = None
    values: dict[bytes, bytes] = field(default_factory=dict)
    events: dict[str, TrackedEvent] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """A definition that another release wrote, or that something spoilt."""

    tag: str
    problem: str


class Catalog:
    """The catalog in Redis. Its keys never expire."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._redis: Any = redis  # redis-py types replies as bytes or str; here they are bytes
        self._keys = Keys(settings.prefix)
        self._keep = int(settings.keep)
        self._script = Script("catalog.lua")
        self._before: dict[str, _Read] = {"serving": _Read(), "pending": _Read()}

    async def serving(self) -> Mapping[str, TrackedEvent]:
        """Event id -> the revision that readers show; the same mapping again while nothing changed."""
        return await self._read("serving")

    async def pending(self) -> Mapping[str, TrackedEvent]:
        """Event id -> the revision that is being back-filled; the same mapping again while nothing changed."""
        return await self._read("pending")

    @property
    def unreadable(self) -> int:
        """How many revisions the last look left out because their definitions can't be read."""
        return len(set[str]().union(*(read.unreadable for read in self._before.values())))

    async def offsets(self) -> dict[str, int]:
        """Event id -> offset of the record whose revision serves, or that removed the event."""
        found = await self._redis.hgetall(self._keys.catalog("serving"))
        return {event_id.decode(): int(value.split(b" ")[0]) for event_id, value in found.items()}

    async def propose(self, event: TrackedEvent, offset: int) -> bool:
        """Note a revision as being back-filled; one that serves already goes on, with this definition.

        False, and nothing changed, if the catalog has come further.
        """
        return await self._move("propose", event.id, offset, event.revision, encode(event))

    async def take_over(self, event: TrackedEvent, offset: int, process: str = "") -> bool:
        """Let a revision serve. Once is as good as twice.

        False, and nothing changed, if one of a later record does, or if Redis is not the `process` (its run id) named.
        """
        return await self._move("take_over", event.id, offset, event.revision, encode(event), process)

    async def remove(self, event_id: str, offset: int) -> bool:
        """Let no revision serve. False, and nothing changed, if a later record is known."""
        return await self._move("remove", event_id, offset, "", b"")

    async def sweep(self, now: int) -> list[str]:
        """Unlink everything of the revisions that were superseded over ten minutes ago; their tags."""
        retired = self._keys.catalog("retired")
        tags = [tag.decode() for tag in await self._redis.zrangebyscore(retired, "-inf", now - LINGER)]
        for tag in tags:
            # By name, not by SCAN: a revision's keys can be listed, and what is missed expires by itself.
            names = self._keys.everything(tag, now, self._keep)
            for start in range(0, len(names), _UNLINK):
                await self._redis.unlink(*names[start : start + _UNLINK])
            await self._redis.hdel(self._keys.catalog("definitions"), tag)
            await self._redis.zrem(retired, tag)
        known = sum(len(read.events) for read in self._before.values())
        if await self._redis.hlen(self._keys.catalog("definitions")) < known:
            self._before = {
                name: _Read() for name in self._before
            }  # one was lost: what was read of it must not hide it
        return tags

    async def _move(
        self, what: str, event_id: str, offset: int, revision: str, definition: bytes, process: str = ""
    ) -> bool:
        names = [self._keys.catalog(name) for name in ("serving", "pending", "definitions", "retired", "version")]
        call = Call(names, (what, event_id, offset, revision, definition, process))
        return bool(await self._script.call(self._redis, call))

    async def _read(self, name: str) -> Mapping[str, TrackedEvent]:
        before, version = self._before[name], await self._version()
        if version is not None and version == before.version:
            return before.events
        found: dict[bytes, bytes] = await self._redis.hgetall(self._keys.catalog(name))
        values = {id_: value for id_, value in found.items() if not value.endswith(b" ")}  # 'OFFSET ': removed
        changed = [(id_, value) for id_, value in values.items() if value != before.values.get(id_)]
        events, unreadable = before.events, dict[str, str]()
        if changed or len(values) != len(before.values):
            events = dict(before.events)
            for id_ in before.values.keys() - values.keys():
                del events[id_.decode()]
            for start in range(0, len(changed), _PORTION):
                for id_, event in await self._definitions(changed[start : start + _PORTION]):
                    if isinstance(event, TrackedEvent):
                        events[id_.decode()] = event
                    else:
                        if event is not None:
                            unreadable[event.tag] = event.problem
                        events.pop(id_.decode(), None)
                        del values[id_]
                        version = None
            if events == before.events:
                events = before.events
        for tag in unreadable.keys() - before.unreadable.keys():
            log.error("The definition of %s cannot be read, apply the event again: %s", tag, unreadable[tag])
        if version != await self._version():
            version = None
        self._before[name] = _Read(version, values, events, unreadable)
        return events

    async def _version(self) -> bytes | None:
        version: bytes | None = await self._redis.get(self._keys.catalog("version"))
        return version

    async def _definitions(
        self, values: Sequence[tuple[bytes, bytes]]
    ) -> list[tuple[bytes, TrackedEvent | _Unreadable | None]]:
        """The event that each value names; None where its definition is lost."""
        tags = [id_ + b"@" + value.split(b" ")[1] for id_, value in values]
        # Not one step with the values, nor need it be: a definition stays for `LINGER` after it was superseded.
        found = await self._redis.hmget(self._keys.catalog("definitions"), tags)
        return [
            (id_, _decoded(tag.decode(), definition))
            for (id_, _), tag, definition in zip(values, tags, found, strict=True)
        ]


def _decoded(tag: str, definition: bytes | None) -> TrackedEvent | _Unreadable | None:
    try:
        return None if definition is None else decode_tracked_event(definition)
    except Unusable as error:
        return _Unreadable(tag, str(error))
