"""Holds what Redis and Kafka have against the truth: every key of an event, every letter, every match.

Reads Redis by its keys, as docs/architecture.md names them; shares with the system the packing of a ledger's cell.
"""

import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from streams.connections import reader
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, MATCHES, wanted
from streams.trends import LAYOUT, digest, unpack_cell
from tests.chaos.truth import HOUR, Counts, Said, Truth

DAY = 24 * HOUR
#: Seconds after the end of its hour (`1h`: of its day) for which each key is kept.
KEPT = {
    "10s": 2 * HOUR,
    "1m": 25 * HOUR,
    "1h": 35 * DAY,
    "authors": 26 * HOUR,
    "texts": 26 * HOUR,
    "domains": 26 * HOUR,
}
PEOPLE = ("authors", "texts", "domains")
#: Seconds around a key's expiry in which it may be there or not.
EDGE = 30

#: Set in the partition that a ledger's cell names, where it is an article's.
_ARTICLE = 0x8000


@dataclass(slots=True)
class Verdict:
    """What was compared, and what is wrong: the first lines of it, and how often."""

    fields: int = 0
    mismatches: int = 0
    lost: int = 0
    duplicated: int = 0
    lines: list[str] = field(default_factory=list)

    def differs(self, what: str, expected: object, found: object) -> None:
        """One field that isn't as it ought to be."""
        self.mismatches += 1
        self._say(f"{what}: expected {expected!r}, found {found!r}")

    def lacks(self, what: str) -> None:
        """One record that is not there."""
        self.lost += 1
        self._say(f"lost: {what}")

    def stranger(self, what: str) -> None:
        """One record that ought not to be there."""
        self.duplicated += 1
        self._say(f"foreign: {what}")

    def _say(self, line: str) -> None:
        if len(self.lines) < 50:
            self.lines.append(line)


async def compare_redis(
    client: Any, settings: Settings, truth: Truth, superseded: Collection[str], verdict: Verdict
) -> int:
    """Every key of every event, and that nothing but what was `superseded` (tags) has any besides.

    Returns how many superseded revisions have keys that no worker knows to unlink: they stay until they expire.
    """
    stem = f"{settings.prefix}:{LAYOUT}:"
    found: dict[str, set[str]] = {}
    async for raw in client.scan_iter(match=f"{stem}{{*@*}}:*", count=5_000):
        tag, name = re.fullmatch(rf"{re.escape(stem)}{{(.+?)}}:(.+)", raw.decode()).groups()  # type: ignore[union-attr]
        found.setdefault(tag, set()).add(name)
    strange = found.keys() - truth.counts.keys()
    for tag in strange - set(superseded):
        verdict.differs(f"keys of {tag}", None, sorted(found[tag])[:3])
    retired = {each.decode() for each in await client.zrange(f"{stem}{{catalog}}:retired", 0, -1)}
    for tag, counts in truth.counts.items():
        await _compare_event(client, f"{stem}{{{tag}}}:", found.get(tag, set()), counts, settings, verdict)
    return len(strange - retired)


async def _compare_event(
    client: Any, stem: str, found: Collection[str], counts: Counts, settings: Settings, verdict: Verdict
) -> None:
    now = int(time.time())
    for name in sorted(counts.hashes.keys() | {each for each in found if each.partition(":")[0] in KEPT}):
        kind, _, number = name.partition(":")
        if not number:
            continue  # the sorted sets, below
        end = (int(number) + 1) * (DAY if kind == "1h" else HOUR) + KEPT[kind]
        if abs(end - now) > EDGE:
            expected = counts.hashes.get(name, Counter()) if end > now else Counter()
            has = await client.hgetall(stem + name) if name in found else {}
            _compare(stem + name, expected, {each: int(n) for each, n in has.items()}, verdict)
    first = (now - KEPT["authors"]) // 600 + 1
    for kind in PEOPLE:
        recent = {value: ten for value, ten in counts.last_seen[kind].items() if ten > first}
        scores = await client.zrange(stem + kind, 0, -1, withscores=True)
        _compare(stem + kind, recent, {value: int(n) for value, n in scores if int(n) > first}, verdict)
    await _compare_ledger(client, stem, found, counts, now - settings.keep, verdict)


async def _compare_ledger(
    client: Any, stem: str, found: Collection[str], counts: Counts, frozen: int, verdict: Verdict
) -> None:
    expected: dict[str, dict[bytes, object]] = {}
    for post, said in counts.standing.items():
        expected.setdefault(f"ledger:{said.at // HOUR}", {})[digest(post)] = _wanted(said, stem)
    for name in sorted(expected.keys() | {each for each in found if each.startswith("ledger:")}):
        if abs((int(name.partition(":")[2]) + 1) * HOUR - frozen) < EDGE:
            continue
        cells = {post: unpack_cell(packed) for post, packed in (await client.hgetall(stem + name)).items()}
        standing = {
            post: (cell.version, cell.offset, cell.partition, cell.slot, _fields(cell.contribution))
            for post, cell in cells.items()
            if cell.contribution is not None
        }
        _compare(stem + name, expected.get(name, {}), standing, verdict)


def _wanted(said: Said, stem: str) -> object:
    tag = stem[stem.index("{") + 1 : stem.index("}")]
    facts, hit = said.facts, said.hits[tag]
    assert facts is not None
    partition = said.partition | _ARTICLE if said.is_article else said.partition
    shape = (facts.platform, facts.kind, facts.lang, hit.groups, hit.claims, facts.author, facts.text, facts.domains)
    return (*said.order, partition, said.at % HOUR // 10, shape)


def _fields(c: Any) -> object:
    return (c.platform, c.kind, c.lang, c.groups, c.claims, c.author, c.fingerprint, c.domains)


def _compare(key: str, expected: Mapping[bytes, object], found: Mapping[bytes, object], verdict: Verdict) -> None:
    verdict.fields += len(expected)
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            shown = name.decode("utf-8", "backslashreplace")
            verdict.differs(f"{key} {shown}", expected.get(name), found.get(name))


async def compare_letters(settings: Settings, truth: Truth, verdict: Verdict) -> int:
    """Every bad record has its dead letter, with its reason, and nothing else has one. Returns how many there are."""
    letters = 0
    seen: set[str] = set()
    async for raw in read_topic(settings, DEAD_LETTERS):
        letter, letters = orjson.loads(raw.value), letters + 1
        key = f"{letter['topic']}/{letter['partition']}/{letter['offset']}"
        if key not in truth.bad:
            verdict.stranger(f"dead letter {key} ({letter['reason']})")
        elif (raw.key or b"").decode() != key or letter["reason"] != truth.bad[key]:
            verdict.differs(f"dead letter {key}", (key, truth.bad[key]), (raw.key, letter["reason"]))
        seen.add(key)
    for key in sorted(truth.bad.keys() - seen):
        verdict.lacks(f"dead letter {key} ({truth.bad[key]})")
    return letters


async def compare_matches(settings: Settings, truth: Truth, verdict: Verdict) -> int:
    """Every match was told, and none that isn't one. Returns the match records there are."""
    told = 0
    seen: set[tuple[str, int, int, str]] = set()
    async for raw in read_topic(settings, MATCHES):
        match, told = orjson.loads(raw.value), told + 1
        where = (match["topic"], match["partition"], match["offset"])
        seen |= {(*where, f"{event['id']}@{event['revision']}") for event in match["events"]}
    for each in sorted(truth.matches - seen):
        verdict.lacks(f"match {each}")
    for each in sorted(seen - truth.matches):
        if each[3] in truth.counts:  # of what was superseded or removed nothing is known
            verdict.stranger(f"match {each}")
    return told


async def read_topic(settings: Settings, name: str) -> AsyncIterator[ConsumerRecord]:
    """Every record of a topic."""
    topic = settings.topic(name)
    async with reader(settings, max_poll_records=5_000) as consumer:
        (count,) = (each.partitions for each in wanted(settings) if each.name == topic)
        partitions = [TopicPartition(topic, number) for number in range(count)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        left = {tp for tp in partitions if ends[tp]}
        while left:
            for tp, records in (await consumer.getmany(*left, timeout_ms=500)).items():
                for record in records:
                    if record.offset < ends[tp]:
                        yield record
            left = {tp for tp in left if await consumer.position(tp) < ends[tp]}
