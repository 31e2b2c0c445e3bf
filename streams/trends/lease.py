"""A lease: at most one holder at a time does a piece of work, and a dead holder's lease runs out.

A convenience, never a safeguard: what the holder does must be harmless if two do it.
"""

from streams.settings import Settings
from streams.trends.keys import Keys
from streams.trends.scripts import Call, Client, Script


class Lease:
    """The lease `name`, asked for by one holder, whose `token` nobody else has."""

    def __init__(self, redis: Client, settings: Settings, name: str, token: str, seconds: int) -> None:
        self._redis = redis
        self._key = Keys(settings.prefix).lease(name)
        self._token = token
        self._seconds = seconds
        self._script = Script("lease.lua")

    async def take(self) -> bool:
        """Take it if it is free, or renew it if it is ours. False: somebody else holds it."""
        return bool(await self._move("take"))

    async def renew(self) -> bool:
        """Hold it for longer. False: it ran out, and is no longer ours."""
        return bool(await self._move("renew"))

    async def release(self) -> None:
        """Give it up if it is ours."""
        await self._move("release")

    async def _move(self, what: str) -> object:
        return await self._script.call(self._redis, Call([self._key], (what, self._token, self._seconds)))
