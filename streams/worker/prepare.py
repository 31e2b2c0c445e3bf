"""One Kafka record to what it means for the counts: decoded, placed in time, matched. Pure.

The worker, the back-filler and the recount all read the log through these functions, so they cannot differ on what a
record says. Knows the schemas and the matcher; knows no Redis, no clock, no Faust.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias, cast
from urllib.parse import urlsplit

from aiokafka.structs import ConsumerRecord
from msgspec import Struct

from schemas import Article, ArticleDeletion, DeadLetter, EventMatch, Match, Post, PostDeletion, Reason
from schemas.codec import Unusable, decode_article, decode_post
from schemas.dead_letter import MAX_RAW_BYTES
from streams.matching import Hit, Matcher, fingerprint
from streams.topics import ARTICLE_LANE
from streams.trends import Contribution, Standing, digest

#: A creation time before this is nonsense: 2000-01-01T00:00:00Z.
EARLIEST = 946_684_800
#: Seconds that a creation time may lie ahead of the record's Kafka timestamp.
AHEAD = 120
#: Events of one record whose words are told: Kafka takes no match record of thousands.
EXPLAINED = 100

Record: TypeAlias = Post | PostDeletion | Article | ArticleDeletion


@dataclass(frozen=True, slots=True)
class Rules:
    """What records are matched with: a matcher, and the generation (offset in `tracked-events`) it stands for."""

    matcher: Matcher
    generation: int
    tags: frozenset[str] = frozenset()
    since: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, matcher: Matcher, generation: int) -> "Rules":
        """The rules of a compiled matcher."""
        since = {event.tag: int(event.since.timestamp()) for event in matcher.events if event.since}
        return cls(matcher, generation, frozenset(event.tag for event in matcher.events), since)


class Decoded(Struct, frozen=True, gc=False):
    """A usable record and its place in time. `at` is its bucket time, or its Kafka timestamp for a deletion."""

    record: Record
    raw: ConsumerRecord
    is_article: bool
    at: int
    stamp: int
    deletes: bool
    late: bool


def decode(raw: ConsumerRecord, *, is_article: bool, lateness: int) -> Decoded:
    """The record, decoded and placed in time. Raises `Unusable`."""
    record: Record = decode_article(raw.value) if is_article else decode_post(raw.value)
    if raw.key != record.key.encode():
        found = "none" if raw.key is None else repr(raw.key[:100].decode(errors="replace"))
        raise Unusable(Reason.KEY_MISMATCH, f"expected the Kafka key {record.key[:200]!r}, found {found}")
    stamp = raw.timestamp // 1_000
    if record.op == "delete":
        return Decoded(record, raw, is_article, stamp, stamp, deletes=True, late=False)
    at = bucket_time(record.published_at if isinstance(record, Article) else record.created_at, stamp)
    return Decoded(record, raw, is_article, at, stamp, deletes=False, late=at < stamp - lateness)


def bucket_time(created: datetime | None, stamp: int) -> int:
    """Unix seconds of the bucket: the creation time, or the Kafka timestamp where that is missing or nonsense."""
    if created is None:
        return stamp
    at = int(created.timestamp())
    return stamp if at < EARLIEST or at > stamp + AHEAD else at


def find_hits(decoded: Decoded, rules: Rules) -> list[Hit]:
    """The events that the record stands for, as its own text and time decide; none for one that comes too late."""
    return find_all_hits([decoded], rules)[0]


def find_all_hits(decoded: Sequence[Decoded], rules: Rules) -> list[list[Hit]]:
    """The same for each of several records, which is quicker than one by one."""
    counted = [each for each in decoded if not (each.late or each.deletes)]
    of_each = iter(rules.matcher.match_all([cast(Post | Article, each.record) for each in counted]))
    found = [[] if each.late or each.deletes else next(of_each) for each in decoded]
    if rules.since:
        found = [
            [hit for hit in hits if rules.since.get(hit.event.tag, 0) <= each.at] if hits else hits
            for each, hits in zip(decoded, found, strict=True)
        ]
    return found


def standing(decoded: Decoded, hits: list[Hit]) -> Standing | None:
    """What the ledger is told of the record; None where it is told nothing (late, or an unseen create)."""
    record = decoded.record
    visible = record.version > 0 or record.op != "create"
    if decoded.late or not (visible or hits):
        return None
    raw = decoded.raw
    return Standing(
        post=digest(record.key),
        version=record.version,
        offset=raw.offset,
        partition=raw.partition | ARTICLE_LANE if decoded.is_article else raw.partition,
        at=decoded.at,
        stamp=decoded.stamp,
        visible=visible,
        contributions=_contributions(record, hits) if hits else {},
    )


def match_record(decoded: Decoded, hits: list[Hit], rules: Rules, *, backfill: bool) -> Match:
    """What `matches` is told: which events, and the words that made it."""
    record, raw = decoded.record, decoded.raw
    assert isinstance(record, Post | Article)
    spans = rules.matcher.explain(record, hits[:EXPLAINED]) + [()] * (len(hits) - EXPLAINED)
    return Match(
        id=record.key,
        kind="article" if decoded.is_article else "post",
        op=record.op,
        version=record.version,
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        at=datetime.fromtimestamp(decoded.at, UTC),
        events=tuple(
            [
                EventMatch(hit.event.id, hit.event.revision, hit.claims, hit.groups, words)
                for hit, words in zip(hits, spans, strict=True)
            ]
        ),
        backfill=backfill,
    )


def dead_letter(raw: ConsumerRecord, error: Unusable) -> DeadLetter:
    """The letter for a record that cannot be used; its bytes are cut to what a broker takes."""
    value = raw.value or b""
    return DeadLetter(
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        reason=error.reason,
        detail=error.detail,
        raw=value[:MAX_RAW_BYTES],
        truncated=len(value) > MAX_RAW_BYTES,
    )


def _contributions(record: Record, hits: list[Hit]) -> dict[str, Contribution]:
    assert isinstance(record, Post | Article)
    if isinstance(record, Article):
        platform, lang, author = "web", record.lang or "", f"web/{record.outlet.domain}"
    else:
        platform, lang = record.platform, record.lang or record.lang_detected or ""
        author = f"{record.platform}/{record.author.handle}"
    text = fingerprint(record)
    domains = _domains(record)
    return {
        hit.event.tag: Contribution(
            platform=platform, kind=record.kind, lang=lang, groups=hit.groups, claims=hit.claims,
            author=author, fingerprint=text, domains=domains,
        )
        for hit in hits
    }  # fmt: skip


def _domains(record: Post | Article) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for link in record.links:
        try:
            host = urlsplit(link.expanded or link.url).hostname
        except ValueError:  # not a URL, whatever the platform says
            continue
        if host:
            found[host.removeprefix("www.")[:255]] = None
    return tuple(found)
