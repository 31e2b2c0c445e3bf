"""Judgements: whether the hour that ended with a minute brought an event more than its past lets expect; kept in Redis.

They are derived from the counts every minute, all of them anew, and expire soon after nobody does so any more. Knows
neither who judges nor when.
"""

import secrets
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from streams.settings import Settings
from streams.trends.bursts import Baseline, Model
from streams.trends.keys import Keys
from streams.trends.scripts import Client

MODEL = Model()
"""The model of all online judging: one setting for all events."""

KEPT = 300
"""Seconds for which judgements stand: what is older says nothing about now."""

#: Judgements that are written or read in one command: some milliseconds of the loop.
_PORTION = 500


class Judgement(msgspec.Struct, frozen=True, gc=False):
    """The hour that ends at `minute` (unix seconds of a whole minute), judged by the event's own past.

    `observed`, `expected` and the bounds `lower` and `upper` of 95 % are posts in what was seen of the hour: in all of
    it, unless something was blind. `score` is -log10 of the probability of as many posts, or more. `burst` is what to
    ring by: the score while a detected surge runs, else at most the model's bar, however rare three posts after a
    silent day are. `detected_at` is when the running surge was detected (unix seconds).

    `blind`: that minute, or more than half of the hour, could not be seen, or is not read from the log yet. Then score
    and burst are 0 and say nothing; expectation and bounds are those of a whole hour.
    """

    minute: int
    observed: int
    expected: float
    lower: int
    upper: int
    score: float
    burst: float
    detected_at: int | None = None
    blind: bool = False


def judged(minute: int, observed: int, share: float, baseline: Baseline, detected_at: int | None) -> Judgement:
    """The judgement on an hour of which the `share` was seen and which brought so many posts."""
    score = baseline.score(observed, share)
    if score is None:
        return blind(minute, observed, baseline)
    burst = score if detected_at is not None else min(score, MODEL.score)
    expected = baseline.expected * share
    return Judgement(minute, observed, expected, *baseline.middle(share), score, burst, detected_at)


def blind(minute: int, observed: int, baseline: Baseline) -> Judgement:
    """The judgement on an hour that can't be judged: what it should bring, and that nobody knows."""
    return Judgement(minute, observed, baseline.expected, *baseline.middle(), 0.0, 0.0, blind=True)


class Judgements:
    """The newest judgement of each event."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._redis: Any = redis  # redis-py types replies as bytes or str; here they are bytes
        self._keys = Keys(settings.prefix)
        self._token = secrets.token_hex(8)

    async def of(self, tags: Collection[str]) -> dict[str, Judgement]:
        """Tag -> its judgement; without those that are not judged: too little of their past is known, or by nobody."""
        names, found = list(tags), {}
        for start in range(0, len(names), _PORTION):
            some = names[start : start + _PORTION]
            answers = await self._redis.hmget(self._keys.judgements(), some)
            for tag, answer in zip(some, answers, strict=True):
                if (judgement := _decoded(answer)) is not None:
                    found[tag] = judgement
        return found

    async def write(self, judgements: Mapping[str, Judgement]) -> None:
        """Let these be all judgements, tag -> judgement, for the next minutes. Readers see the old ones or the new."""
        draft, names = self._keys.judgements(self._token), list(judgements)
        await self._redis.unlink(draft)
        for start in range(0, len(names), _PORTION):
            some = {tag: _encode(judgements[tag]) for tag in names[start : start + _PORTION]}
            await self._redis.hset(draft, mapping=some)
            await self._redis.expire(draft, KEPT)
        if names:
            await self._redis.rename(draft, self._keys.judgements())
        else:
            await self._redis.unlink(self._keys.judgements())


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Judgement).decode


def _decoded(answer: bytes | None) -> Judgement | None:
    try:
        return None if answer is None else _decode(answer)
    except msgspec.MsgspecError:
        return None  # another release's; it writes anew within a minute
