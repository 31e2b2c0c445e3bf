"""What a Kafka record means: its place in time, who sees it, and what becomes of one that cannot be used."""

from datetime import UTC, datetime

import pytest
from aiokafka.structs import ConsumerRecord

from schemas import Reason, TrackedEvent
from schemas.codec import Unusable
from schemas.dead_letter import MAX_RAW_BYTES
from streams.matching import Matcher
from streams.topics import ARTICLE_LANE
from streams.trends import digest
from streams.worker.prepare import Rules, bucket_time, dead_letter, decode, find_hits, standing

NOON = int(datetime(2025, 3, 14, 12, tzinfo=UTC).timestamp())
LATENESS = 2 * 86_400


def event(since: datetime | None = None) -> TrackedEvent:
    return TrackedEvent(
        id="greeting",
        title="Greeting",
        revision="0123456789ab",
        applied_at=datetime(2025, 3, 14, tzinfo=UTC),
        engine=1,
        match="hello",
        since=since,
    )


def record(value: bytes, *, key: bytes | None = b"x:1", stamp: int = NOON, topic: str = "posts") -> ConsumerRecord:
    return ConsumerRecord(topic, 3, 42, stamp * 1_000, 0, key, value, None, -1, len(value), ())


def post(
    text: str = "hello", *, op: str = "create", version: int = 0, created: str | None = "2025-03-14T11:00:00Z"
) -> bytes:
    created_at = f', "created_at": "{created}"' if created else ""
    return (
        f'{{"platform": "x", "id": "1", "op": "{op}", "version": {version}, "author": {{"id": "7", "handle": "ada"}}, '
        f'"text": "{text}"{created_at}}}'
    ).encode()


def rules(since: datetime | None = None) -> Rules:
    return Rules.of(Matcher([event(since)]), 1)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        (None, NOON),
        (at(NOON - 3_600), NOON - 3_600),
        (at(NOON + 120), NOON + 120),
        (at(NOON + 121), NOON),
        (datetime(1999, 12, 31, tzinfo=UTC), NOON),
        (datetime(1, 1, 1, tzinfo=UTC), NOON),
    ],
)
def test_the_bucket_is_the_creation_time_unless_it_is_missing_ahead_or_nonsense(
    created: datetime | None, expected: int
) -> None:
    assert bucket_time(created, NOON) == expected


def test_a_record_is_late_by_its_own_timestamps() -> None:
    old = post(created="2025-03-12T11:59:59Z")
    assert decode(record(old), is_article=False, lateness=LATENESS).late
    assert not decode(record(post(created="2025-03-12T12:00:00Z")), is_article=False, lateness=LATENESS).late


def test_a_late_record_does_not_exist() -> None:
    decoded = decode(
        record(post(created="2025-03-01T00:00:00Z", version=3, op="edit")), is_article=False, lateness=LATENESS
    )
    assert standing(decoded, []) is None


def test_a_deletion_is_never_late_and_adds_nothing() -> None:
    decoded = decode(
        record(post(op="delete", version=9, created="2020-01-01T00:00:00Z")), is_article=False, lateness=LATENESS
    )
    assert find_hits(decoded, rules()) == []
    stands = standing(decoded, [])
    assert stands is not None
    assert (stands.visible, stands.contributions, stands.at) == (True, {}, NOON)


def test_an_unversioned_create_is_seen_only_by_what_it_matches() -> None:
    unmatched = decode(record(post("bye")), is_article=False, lateness=LATENESS)
    assert standing(unmatched, find_hits(unmatched, rules())) is None
    matched = decode(record(post()), is_article=False, lateness=LATENESS)
    stands = standing(matched, find_hits(matched, rules()))
    assert stands is not None
    assert not stands.visible
    assert stands.post == digest("x:1")
    assert list(stands.contributions) == ["greeting@0123456789ab"]


def test_an_event_counts_from_its_since_on() -> None:
    decoded = decode(record(post()), is_article=False, lateness=LATENESS)
    assert find_hits(decoded, rules(at(NOON - 3_600)))
    assert not find_hits(decoded, rules(at(NOON - 3_599)))


def test_an_article_stands_in_a_lane_of_its_own() -> None:
    value = (
        b'{"url": "https://a.example/1", "op": "create", "version": 0, "title": "hello", '
        b'"outlet": {"domain": "a.example"}, "published_at": "2025-03-14T11:00:00Z"}'
    )
    decoded = decode(record(value, key=b"https://a.example/1", topic="articles"), is_article=True, lateness=LATENESS)
    stands = standing(decoded, find_hits(decoded, rules()))
    assert stands is not None
    assert stands.partition == ARTICLE_LANE | 3
    assert stands.contributions["greeting@0123456789ab"].author == "web/a.example"


@pytest.mark.parametrize("key", [None, b"x:2", b"\xff"])
def test_a_key_that_is_not_the_posts_is_refused(key: bytes | None) -> None:
    with pytest.raises(Unusable) as caught:
        decode(record(post(), key=key), is_article=False, lateness=LATENESS)
    assert caught.value.reason is Reason.KEY_MISMATCH


def test_a_dead_letter_is_cut_to_what_a_broker_takes() -> None:
    letter = dead_letter(record(b"x" * 2_000_000), Unusable(Reason.MALFORMED_JSON, "no"))
    assert len(letter.raw) == MAX_RAW_BYTES
    assert letter.truncated
    assert letter.key == "posts/3/42"
