"""The states of all alerts in Redis, which revision of each event was judged before, and mutes.

A state moves by compare-and-set in one script, so that of two evaluators one makes a transition. Redis is not the truth
of it: what a loss takes away comes back from the topic `alerts` (recorded.py); of a lost mute the alert rings.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from streams.alerts.transitions import State
from streams.settings import Settings
from streams.trends.keys import Keys
from streams.trends.scripts import Call, Client, Script

Name = tuple[str, str]
"""(event, alert)."""

KEPT = 35 * 86_400
"""Seconds for which states outlive the last evaluator."""

#: Fields that are written or read in one command.
_PORTION = 1_000

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(State).decode


@dataclass(frozen=True, slots=True)
class Move:
    """From the state that was seen to the new one; `after` None takes it away."""

    name: Name
    before: State
    after: State | None
    at: int


class States:
    """Reads and moves states; notes by which revision's counts an event's alerts were judged."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._redis: Any = redis  # redis-py types replies as bytes or str; here they are bytes
        keys = Keys(settings.prefix)
        self._states, self._judged = keys.alerts("states"), keys.alerts("judged")
        self._script = Script("move.lua", "streams.alerts")

    async def read(self) -> dict[Name, State]:
        """Every alert that isn't idle, or once rang."""
        found = await self._redis.hgetall(self._states)
        return {_name(field): _decode(value.split(b" ", 2)[2]) for field, value in found.items()}

    async def move(self, moves: Sequence[Move]) -> list[bool]:
        """Make these moves, each by itself. False, and nothing done: another moved the state, or Redis lost it."""
        calls = [Call([self._states], _arguments(each)) for each in moves]
        return [bool(answer) for answer in await self._script.calls(self._redis, calls)]

    async def judged(self) -> dict[str, str]:
        """Event -> the revision by whose counts its alerts were last judged."""
        found = self._redis.hscan_iter(self._judged, count=_PORTION)
        return {event.decode(): revision.decode() async for event, revision in found}

    async def note_judged(self, revisions: Mapping[str, str], gone: Collection[str] = ()) -> None:
        """Note that, and forget events that there are no longer."""
        pairs, doomed = list(revisions.items()), list(gone)
        for start in range(0, len(pairs), _PORTION):
            await self._redis.hset(self._judged, mapping=dict(pairs[start : start + _PORTION]))
        for start in range(0, len(doomed), _PORTION):
            await self._redis.hdel(self._judged, *doomed[start : start + _PORTION])

    async def keep(self) -> None:
        """Let all of it live on: it expires when nobody evaluates any more."""
        await self._redis.expire(self._states, KEPT)
        await self._redis.expire(self._judged, KEPT)


class Mutes:
    """Until when whose alerts do not begin to ring. One that rings goes on, and resolves, whoever is muted."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._redis: Any = redis
        self._key = Keys(settings.prefix).alerts("mutes")

    async def mute(self, event: str, alert: str | None, seconds: int) -> int:
        """Mute one alert of an event, or all of them, from now on; until when, unix seconds."""
        until = int(time.time()) + seconds
        await self._redis.hset(self._key, _field((event, alert or "")), until)
        await self._redis.expireat(self._key, max((await self.all()).values(), default=until) + 1)
        return until

    async def unmute(self, event: str, alert: str | None = None) -> bool:
        """Take a mute back: of one alert, or without it of the event. False: there is none."""
        return bool(await self._redis.hdel(self._key, _field((event, alert or ""))))

    async def all(self) -> dict[Name, int]:
        """(event, alert; `` for all of the event) -> until when, of mutes that still hold."""
        now, found = time.time(), await self._redis.hgetall(self._key)
        return {_name(field): int(until) for field, until in found.items() if int(until) > now}


def _field(name: Name) -> str:
    return f"{name[0]}/{name[1]}"


def _name(field: bytes) -> Name:
    event, _, alert = field.decode().partition("/")
    return event, alert


def _arguments(move: Move) -> tuple[bytes | str | int, ...]:
    after = move.after
    number = after.move if after else move.before.move + 1
    return (_field(move.name), move.before.move, number, move.at, _encode(after) if after else b"")
