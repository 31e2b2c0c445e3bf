"""What Redis ought to hold, worked out plainly from the log: every record of it, nothing of what was counted.

Shared with the system is only what a record says (`worker.prepare`: decoding, bucket time, which rules it meets,
and the fingerprint of its text). Which of a post's records stands, in which buckets and under which names it counts, is
written down here once more, from docs/architecture.md, without index, ledger, order of arrival or sums.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from aiokafka.structs import ConsumerRecord

from schemas import Article, Post, TrackedEvent
from schemas.codec import Unusable
from streams.matching import Hit, Matcher, fingerprint
from streams.worker.prepare import Decoded, Rules, decode, find_hits

HOUR = 3_600

Order = tuple[int, int]
"""(version, offset): of a post's records the highest stands."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is counted of a record besides its claims and groups."""

    platform: str
    kind: str
    lang: str
    author: str
    text: bytes
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What one record says: of which post, in which order, and which events it meets.

    A creation without a version exists only for the events that it meets; all others exist for all.
    """

    key: str
    order: Order
    is_article: bool
    partition: int
    at: int
    exists_for_all: bool
    hits: dict[str, Hit]
    """By tag."""
    facts: Facts | None
    """None where it meets no event."""


@dataclass(slots=True)
class Counts:
    """Everything that is counted of one event: key (without what all its keys begin with) -> field -> n."""

    hashes: dict[str, Counter[bytes]] = field(default_factory=lambda: defaultdict(Counter))
    last_seen: dict[str, dict[bytes, int]] = field(default_factory=lambda: defaultdict(dict))
    """`authors`, `texts`, `domains`: value -> number of the last ten minutes in which it was seen."""
    standing: dict[str, Said] = field(default_factory=dict)
    """By post, the record that stands."""


@dataclass(slots=True)
class Truth:
    """The whole log, read."""

    counts: dict[str, Counts]
    """By tag."""
    matches: set[tuple[str, int, int, str]]
    """Topic, partition, offset, tag: what `matches` has to tell."""
    bad: dict[str, str]
    """`topic/partition/offset` -> reason, of every record that can't be used."""
    late: int
    records: int


def work_out(log: Iterable[tuple[bool, ConsumerRecord]], events: Sequence[TrackedEvent], lateness: int) -> Truth:
    """The truth of a log: (whether it is an article, record), in any order of partitions."""
    rules = Rules.of(Matcher(events), 0)
    truth = Truth({event.tag: Counts() for event in events}, set(), {}, 0, 0)
    posts: defaultdict[str, list[Said]] = defaultdict(list)
    for is_article, raw in log:
        truth.records += 1
        try:
            decoded = decode(raw, is_article=is_article, lateness=lateness)
        except Unusable as error:
            truth.bad[f"{raw.topic}/{raw.partition}/{raw.offset}"] = error.reason.value
            continue
        if decoded.late:
            truth.late += 1
            continue
        said = read(decoded, {hit.event.tag: hit for hit in find_hits(decoded, rules)})
        posts[said.key].append(said)
        truth.matches |= {(raw.topic, raw.partition, raw.offset, tag) for tag in said.hits}
    for records in posts.values():
        for tag, counts in truth.counts.items():
            stands = _what_stands(records, tag)
            if stands is not None:
                _count(stands, stands.hits[tag], counts)
    return truth


def _what_stands(records: Sequence[Said], tag: str) -> Said | None:
    """The record of a post that counts for an event."""
    of_this_event = [said for said in records if said.exists_for_all or tag in said.hits]
    highest = max(of_this_event, key=lambda said: said.order, default=None)
    return highest if highest is not None and tag in highest.hits else None


def _count(said: Said, hit: Hit, counts: Counts) -> None:
    assert said.facts is not None
    counts.standing[said.key] = said
    hour, second = divmod(said.at, HOUR)
    for name in names(said.facts, hit):
        counts.hashes[f"10s:{hour}"][f"{second // 10}|{name}".encode()] += 1
        counts.hashes[f"1m:{hour}"][f"{second // 60}|{name}".encode()] += 1
        counts.hashes[f"1h:{hour // 24}"][f"{hour % 24}|{name}".encode()] += 1
    for kind, value in people(said.facts):
        counts.hashes[f"{kind}:{hour}"][b"%d|%b" % (second // 600, value)] += 1
        seen = counts.last_seen[kind]
        seen[value] = max(seen.get(value, 0), said.at // 600)


def names(facts: Facts, hit: Hit) -> Iterator[str]:
    """The dimensions under which a record counts."""
    yield from ("all", f"platform:{facts.platform}", f"kind:{facts.kind}", f"lang:{facts.lang or 'und'}")
    for group in hit.groups:
        yield f"group:{group}"
    for claim in hit.claims:
        yield f"claim:{claim}"
        for group in hit.groups:
            yield f"claim_group:{claim}/{group}"


def people(facts: Facts) -> Iterator[tuple[str, bytes]]:
    """Who says it, in which words, linking where."""
    yield "authors", facts.author.encode()
    yield "texts", facts.text
    for domain in facts.domains:
        yield "domains", domain.encode()


def read(decoded: Decoded, hits: dict[str, Hit]) -> Said:
    """What a usable record says."""
    record, raw = decoded.record, decoded.raw
    exists_for_all = record.version > 0 or record.op != "create"
    facts = None
    if hits:
        assert isinstance(record, Post | Article)
        facts = _post_facts(record) if isinstance(record, Post) else _article_facts(record)
    order = (record.version, raw.offset)
    return Said(record.key, order, decoded.is_article, raw.partition, decoded.at, exists_for_all, hits, facts)


def _post_facts(post: Post) -> Facts:
    lang, author = post.lang or post.lang_detected or "", f"{post.platform}/{post.author.handle}"
    return Facts(post.platform, post.kind, lang, author, fingerprint(post), _domains(post))


def _article_facts(article: Article) -> Facts:
    author = f"web/{article.outlet.domain}"
    return Facts("web", article.kind, article.lang or "", author, fingerprint(article), _domains(article))


def _domains(record: Post | Article) -> tuple[str, ...]:
    """The hosts that it links to, each once, in order."""
    found: list[str] = []
    for link in record.links:
        try:
            host = urlsplit(link.expanded or link.url).hostname
        except ValueError:
            continue
        if host and (name := host.removeprefix("www.")[:255]) not in found:
            found.append(name)
    return tuple(found)
