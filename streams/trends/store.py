"""Applies runs of records to Redis: first the index (one script), then the ledger (one call per touched event).

Whatever dies in between, and in which order or how often records come, applying them again comes to the same counts.
Knows no Kafka: offsets are numbers that order the records of a post.
"""

import struct
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import msgspec
from redis.asyncio.cluster import RedisCluster

from streams.settings import Settings
from streams.trends import ledger
from streams.trends.contributions import Standing
from streams.trends.keys import SHARDS, Keys
from streams.trends.ledger import CALL_RECORDS, CLOCK_SLACK, Entry, LedgerCall
from streams.trends.orders import TAG_BYTES, raw, tag_digest
from streams.trends.scripts import Call, Client, Script

OUTRANKED = 0xFFFF
_SHARD_BITS = SHARDS.bit_length() - 1

_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run changed: contributions added and taken back by tag, and the tags with a counter gone wrong.

    The numbers count changes made, which depend on the path (a record met twice changes nothing the second time).
    A fault means that a counter would have fallen below zero: the event has to be rebuilt from the log.
    """

    added: Mapping[str, int]
    removed: Mapping[str, int]
    faults: tuple[str, ...]


class Store:
    """The one door through which counts change."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._redis = redis
        self._keys = Keys(settings.prefix)
        self._keep = int(settings.keep)
        self._index = Script("index.lua")
        self._ledger = Script("ledger.lua")
        self._evaluated: tuple[AbstractSet[str], _Evaluated] | None = None

    async def apply(self, batch: Sequence[Standing], evaluated: AbstractSet[str]) -> Outcome:
        """Apply records in order. Only revisions in `evaluated` (tags) are touched; all contributions must be of them.

        Raises redis-py's errors; part of the batch may have been applied then, and the whole is to be applied again.
        """
        return await self.write(await self.place(batch, evaluated))

    async def place(self, batch: Sequence[Standing], evaluated: AbstractSet[str]) -> list[LedgerCall]:
        """The first step: write the index, and say what the ledger has to be told."""
        known = self._known(evaluated)
        # A create of version 0 exists only for what it matches: one that matches nothing costs Redis nothing.
        batch = [standing for standing in batch if standing.visible or standing.contributions]
        entries: defaultdict[str, list[Entry]] = defaultdict(list)
        answers = await self._look_up(batch, known)
        for i, standing in enumerate(batch):
            if i in answers:
                for digest, hours in answers[i]:
                    tag = known.tags[digest]
                    entries[tag].append(Entry(standing, standing.contributions.get(tag), hours))
            else:
                own = (standing.hour,)
                for tag, contribution in standing.contributions.items():
                    entries[tag].append(Entry(standing, contribution, own))
        return [call for tag, each in entries.items() for call in ledger.calls(tag, each, self._keep)]

    async def write(self, calls: Sequence[LedgerCall]) -> Outcome:
        """The second step: write the ledger and its counts."""
        answers = await self._ledger.calls(self._redis, [call.request(self._keys) for call in calls])
        unfinished = [i for i, answer in enumerate(answers) if answer == 0]
        if unfinished:
            now = int(time.time())
            requests = [calls[i].request_with_past(self._keys, now) for i in unfinished]
            for i, answer in zip(unfinished, await self._ledger.calls(self._redis, requests), strict=True):
                answers[i] = answer
        added: Counter[str] = Counter()
        removed: Counter[str] = Counter()
        faults: dict[str, None] = {}
        for call, (more, less, faulty) in zip(calls, answers, strict=True):
            added[call.tag] += more
            removed[call.tag] += less
            if faulty:
                faults[call.tag] = None
        return Outcome(dict(+added), dict(+removed), tuple(faults))

    async def _look_up(self, batch: Sequence[Standing], known: "_Evaluated") -> dict[int, "_Hours"]:
        """What index.lua answers, by position in the batch; not there: each match goes into its own hour, no more."""
        groups: list[Sequence[int]] = [range(len(batch))]
        if isinstance(self._redis, RedisCluster):  # all keys of a call must lie in one slot
            by_shard: defaultdict[int, list[int]] = defaultdict(list)
            for i, standing in enumerate(batch):
                by_shard[_shard(standing.post)].append(i)
            groups = list(by_shard.values())
        parts = [part[i : i + CALL_RECORDS] for part in groups for i in range(0, len(part), CALL_RECORDS)]
        now = int(time.time())
        requests = [self._index_call([batch[i] for i in part], known, now) for part in parts]
        answers: dict[int, _Hours] = {}
        for part, packed in zip(parts, await self._index.calls(self._redis, requests), strict=True):
            for number, hours in _parse(packed):
                answers[part[number]] = hours
        return answers

    def _index_call(self, batch: Sequence[Standing], known: "_Evaluated", now: int) -> Call:
        first = (now - CLOCK_SLACK) // self._keep
        last = (now + CLOCK_SLACK) // self._keep + 2
        shards: dict[int, int] = {}
        records = []
        for standing in batch:
            shard = shards.setdefault(_shard(standing.post), len(shards) + 1)
            matched = b"".join([known.digests[tag] for tag in standing.contributions])
            records.append(
                (
                    shard,
                    raw(standing.post),
                    raw(standing.order),
                    standing.visible,
                    standing.hour,
                    standing.stamp,
                    raw(matched),
                )
            )
        # Only a visible record touches revisions that it doesn't match.
        evaluated = known.packed if any(standing.visible for standing in batch) else b""
        names = [self._keys.index(shard, period) for shard in shards for period in range(first, last + 1)]
        request = _encode((self._keep, first, last - first + 1, now, raw(evaluated), records))
        return Call(names, (request,))

    def _known(self, evaluated: AbstractSet[str]) -> "_Evaluated":
        if self._evaluated is not None:
            before, known = self._evaluated
            if before is evaluated or before == evaluated:  # to compare ten thousand tags takes half a millisecond
                return known
        digests = {tag: tag_digest(tag) for tag in evaluated}
        known = _Evaluated(
            digests, {digest: tag for tag, digest in digests.items()}, b"".join(sorted(digests.values()))
        )
        self._evaluated = (frozenset(evaluated), known)
        return known


@dataclass(frozen=True, slots=True)
class _Evaluated:
    digests: Mapping[str, bytes]
    tags: Mapping[bytes, str]
    packed: bytes


def _shard(post: bytes) -> int:
    return int.from_bytes(post[:2], "big") >> (16 - _SHARD_BITS)


_Hours = list[tuple[bytes, tuple[int, ...] | None]]
"""Digest of each revision to be written, and the hours; None if the record is outranked."""


def _parse(answer: bytes) -> Iterator[tuple[int, _Hours]]:
    """(number of the record, its hours) of an answer of index.lua."""
    at = 0
    while at < len(answer):
        number, length = struct.unpack_from(">II", answer, at)
        at += 8
        ends = at + length
        found: _Hours = []
        while at < ends:
            digest = answer[at : at + TAG_BYTES]
            (count,) = struct.unpack_from(">H", answer, at + TAG_BYTES)
            at += TAG_BYTES + 2
            if count == OUTRANKED:
                found.append((digest, None))
                continue
            over = at + 3 * count
            found.append((digest, tuple(int.from_bytes(answer[i : i + 3], "big") for i in range(at, over, 3))))
            at = over
        yield number, found
