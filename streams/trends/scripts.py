"""Loads the Lua scripts that lie beside this file and calls them, one by one or many in one pipeline.

Knows that a Redis may have lost its script cache (a restart, a failover, SCRIPT FLUSH) and that Redis Cluster has no
EVALSHA in redis-py's pipelines. Knows nothing of what a script does.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, TypeVar

import msgspec
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.exceptions import ConnectionError, NoScriptError, ResponseError

Client = Redis | RedisCluster

Each = TypeVar("Each")

_decode = msgspec.msgpack.Decoder(list[Any]).decode

#: Fields of a hash that Redis is asked for at once: about a millisecond.
SCAN_FIELDS = 1_000

#: Refusals that pass by themselves (a full disk, a lost replica, a failover), which redis-py doesn't see within the
#: error of a script as Redis 6.2 words it.
_PASSES = re.compile(r"-(?:NOREPLICAS|MISCONF|BUSY|OOM|READONLY|MASTERDOWN|LOADING|CLUSTERDOWN|TRYAGAIN)\b")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a script: every key that it may touch, and what it is told. All keys lie in one cluster slot."""

    keys: Sequence[str]
    arguments: Sequence[bytes | str | int]


class Script:
    """One Lua file of a package."""

    def __init__(self, name: str, package: str = "streams.trends") -> None:
        self._body = files(package).joinpath(name).read_bytes()
        # A cache key that Redis prescribes, not a safeguard.
        self._sha = hashlib.sha1(self._body, usedforsecurity=False).hexdigest()

    async def call(self, redis: Client, call: Call) -> Any:
        """The script's answer. Raises redis-py's errors."""
        return (await self.calls(redis, [call]))[0]

    async def calls(self, redis: Client, calls: Sequence[Call]) -> list[Any]:
        """The answers in the order of the calls, over one round trip (one a node on Redis Cluster).

        Raises the first error that a call met, as a ConnectionError where it will pass; the others may have been
        applied nonetheless.
        """
        answers = await _evaluate(redis, "EVALSHA", self._sha, calls)
        missing = [i for i, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
        if missing:
            # EVAL runs it and leaves it in the cache of the very node that lacked it.
            again = await _evaluate(redis, "EVAL", self._body, [calls[i] for i in missing])
            for i, answer in zip(missing, again, strict=True):
                answers[i] = answer
        for answer in answers:
            if isinstance(answer, ResponseError) and _PASSES.search(str(answer)):
                raise ConnectionError(str(answer))
            if isinstance(answer, Exception):
                raise answer
        return answers

    async def shared(self, redis: Client, calls: Sequence[Call], most: int) -> list[Any]:
        """The same of a script that takes the keys of several calls that are told the same, one after the other.

        It answers with a msgpack array, which has an element for each. So many calls share one, but on Redis Cluster:
        the keys of a call lie in one slot.
        """
        most = 1 if isinstance(redis, RedisCluster) else most
        alike: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
        for i, call in enumerate(calls):
            alike[len(call.keys), *call.arguments].append(i)
        parts = [every[start : start + most] for every in alike.values() for start in range(0, len(every), most)]
        joined = [Call([key for i in part for key in calls[i].keys], calls[part[0]].arguments) for part in parts]
        found: list[Any] = [None] * len(calls)
        for part, answer in zip(parts, await self.calls(redis, joined), strict=True):
            for i, each in zip(part, _decode(answer), strict=True):
                found[i] = each
        return found


async def pipelined(
    redis: Client, commands: Sequence[Sequence[bytes | str | int]], *, raise_on_error: bool = True
) -> list[Any]:
    """The answers to any commands, over one round trip (one a node on Redis Cluster), each applied by itself."""
    if not commands:
        return []
    pipeline: Any = redis.pipeline() if isinstance(redis, RedisCluster) else redis.pipeline(transaction=False)
    for command in commands:
        pipeline.execute_command(*command)
    return list(await pipeline.execute(raise_on_error=raise_on_error))


async def scanned(redis: Client, keys: Mapping[Each, str]) -> AsyncIterator[tuple[Each, dict[bytes, bytes]]]:
    """The fields of each hash, every field once, in pieces that keep no other client waiting; small ones come at once.

    What changes meanwhile may be met or not.
    """
    pages = await pipelined(redis, [("HSCAN", key, 0, "COUNT", SCAN_FIELDS) for key in keys.values()])
    for (each, key), (cursor, fields) in zip(keys.items(), pages, strict=True):
        found: dict[bytes, bytes] = dict(fields)
        while int(cursor):
            more: Any = await redis.hscan(key, int(cursor), count=SCAN_FIELDS)
            cursor, fields = more
            found |= fields
        yield each, found


async def _evaluate(redis: Client, command: str, script: str | bytes, calls: Sequence[Call]) -> list[Any]:
    commands = [(command, script, len(call.keys), *call.keys, *call.arguments) for call in calls]
    return await pipelined(redis, commands, raise_on_error=False)
