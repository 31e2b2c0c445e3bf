"""Which revision of each event readers are shown, which is being back-filled, and the end of those superseded.

Every move is a compare-and-set on the offset that the event's record has in `tracked-events`. Knows neither how a
back-fill runs nor when it is done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.codec import decode_tracked_event, encode
from schemas.event import TrackedEvent
from streams.settings import Settings
from streams.trends.keys import Keys
from streams.trends.scripts import Call, Client, Script

LINGER = 600
"""Seconds for which a superseded revision's counts stay: nobody who read the catalog just before meets a gap."""

_UNLINK = 500
#: Definitions that are read and decoded in one go: some milliseconds of the loop.
_PORTION = 250


@dataclass(slots=True)
class _Read:
    """What was read of one hash: under which version, its values, and the events that they name."""

    version: bytes | None = None
    values: dict[bytes, bytes] = field(default_factory=dict)
    events: dict[str, TrackedEvent] = field(default_factory=dict)


class Catalog:
    """The catalog in Redis. Its keys never expire."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._redis: Any = redis  # redis-py types replies as bytes or str; here they are bytes
        self._keys = Keys(settings.prefix)
        self._keep = int(settings.keep)
        self._script = Script("catalog.lua")
        self._before = {"serving": _Read(), "pending": _Read()}

    async def serving(self) -> Mapping[str, TrackedEvent]:
        """Event id -> the revision that readers show; the same mapping again while nothing changed."""
        return await self._read("serving")

    async def pending(self) -> Mapping[str, TrackedEvent]:
        """Event id -> the revision that is being back-filled; the same mapping again while nothing changed."""
        return await self._read("pending")

    async def offsets(self) -> dict[str, int]:
        """Event id -> offset of the record whose revision serves, or that removed the event."""
        found = await self._redis.hgetall(self._keys.catalog("serving"))
        return {event_id.decode(): int(value.split(b" ")[0]) for event_id, value in found.items()}

    async def propose(self, event: TrackedEvent, offset: int) -> bool:
        """Note a revision as being back-filled. False if the catalog has come as far or further."""
        return await self._move("propose", event.id, offset, event.revision, encode(event))

    async def take_over(self, event: TrackedEvent, offset: int) -> bool:
        """Let a revision serve. False, and nothing changed, if one of a later record does. Once is as good as twice."""
        return await self._move("take_over", event.id, offset, event.revision, encode(event))

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
        return tags

    async def _move(self, what: str, event_id: str, offset: int, revision: str, definition: bytes) -> bool:
        names = [self._keys.catalog(name) for name in ("serving", "pending", "definitions", "retired", "version")]
        call = Call(names, (what, event_id, offset, revision, definition))
        return bool(await self._script.call(self._redis, call))

    async def _read(self, name: str) -> Mapping[str, TrackedEvent]:
        # The version first: what changes after it is read at the latest the next time.
        before, version = self._before[name], await self._redis.get(self._keys.catalog("version"))
        if version is not None and version == before.version:
            return before.events
        values: dict[bytes, bytes] = await self._redis.hgetall(self._keys.catalog(name))
        if values == before.values:
            before.version = version
            return before.events
        same = {id_ for id_, value in values.items() if value == before.values.get(id_)}
        events = {id_: event for id_, event in before.events.items() if id_.encode() in same}
        changed = [id_ for id_ in values if id_ not in same]
        for start in range(0, len(changed), _PORTION):
            events |= await self._definitions({id_: values[id_] for id_ in changed[start : start + _PORTION]})
        self._before[name] = _Read(version, values, events)
        return events

    async def _definitions(self, values: Mapping[bytes, bytes]) -> dict[str, TrackedEvent]:
        tags = [id_ + b"@" + value.split(b" ")[1] for id_, value in values.items()]
        # Not one step with the values, nor need it be: a definition stays for `LINGER` after it was superseded.
        found = await self._redis.hmget(self._keys.catalog("definitions"), tags)
        events = [decode_tracked_event(definition) for definition in found if definition is not None]
        return {event.id: event for event in events}
