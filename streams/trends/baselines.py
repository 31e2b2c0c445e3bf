"""An hour's baselines in Redis, for whoever judges next: to work out those of ten thousand events takes seconds.

What stands here is what the judge before came to from the same counts, and goes with the hour. A baseline holds for
the sight and the model that it was worked out under, and under no others. Knows neither who judges nor when.
"""

import hashlib
import struct
from collections.abc import Collection, Mapping
from typing import Any

from streams.settings import Settings
from streams.trends.bursts import Baseline
from streams.trends.judgements import MODEL
from streams.trends.keys import HOUR, Keys
from streams.trends.scripts import Client, pipelined
from streams.trends.sight import Sight

#: Seconds after the hour's end for which its baselines stand: a round that is late still asks for them.
_KEPT = 600
#: Baselines that are written or read in one command: some milliseconds of the loop.
_PORTION = 500
#: Expected count, variance, and that of the expectation itself.
_NUMBERS = struct.Struct("<3d")
#: Bytes before them that name what they were worked out under.
_MARK = 8


class Baselines:
    """By hour (unix time // 3600) and tag what windows that end in it should bring; None where too little was seen."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._redis: Any = redis  # redis-py types replies as bytes or str; here they are bytes
        self._keys = Keys(settings.prefix)

    async def of(self, hour: int, sight: Sight, tags: Collection[str]) -> dict[str, Baseline | None]:
        """Those of these revisions that are known."""
        names, mark, found = list(tags), _mark(sight), dict[str, Baseline | None]()
        for start in range(0, len(names), _PORTION):
            some = names[start : start + _PORTION]
            answers: list[bytes | None] = await self._redis.hmget(self._keys.baselines(hour), some)
            for tag, answer in zip(some, answers, strict=True):
                if answer is not None and answer.startswith(mark) and len(answer) in (_MARK, _MARK + _NUMBERS.size):
                    numbers = answer[_MARK:]
                    found[tag] = Baseline(MODEL, *_NUMBERS.unpack(numbers)) if numbers else None
        return found

    async def note(self, hour: int, sight: Sight, baselines: Mapping[str, Baseline | None]) -> None:
        """Keep them until the hour is over."""
        key, mark, names = self._keys.baselines(hour), _mark(sight), list(baselines)
        for start in range(0, len(names), _PORTION):
            fields: list[str | bytes] = []
            for tag in names[start : start + _PORTION]:
                each = baselines[tag]
                fields += tag, mark if each is None else mark + _NUMBERS.pack(each.expected, each.variance, each.doubt)
            ends = (hour + 1) * HOUR + _KEPT
            await pipelined(self._redis, [("HSET", key, *fields), ("EXPIREAT", key, ends)])

    async def forget(self, hour: int) -> None:
        """Drop those of this hour and the next: the counts behind them may not have been all there."""
        for each in (hour, hour + 1):
            await self._redis.unlink(self._keys.baselines(each))


def _mark(sight: Sight) -> bytes:
    return hashlib.blake2b(repr((MODEL, sight)).encode(), digest_size=_MARK).digest()
