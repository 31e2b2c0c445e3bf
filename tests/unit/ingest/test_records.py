"""What is said of one record: its topic, its key, its times, and whether it can be used."""

from typing import Any

import orjson
import pytest

from schemas.codec import decode_article, decode_post
from streams.connections import MAX_RECORD_BYTES
from streams.ingest.records import examine, is_too_large, moved
from streams.ingest.times import Mapping, to_text

DAY = 86_400_000
CREATED = 1_741_953_600_000
LATEST = CREATED + 1_000 * DAY

POST: dict[str, Any] = {
    "platform": "x",
    "id": "1",
    "op": "create",
    "version": 0,
    "created_at": to_text(CREATED),
    "author": {"id": "7", "handle": "someone"},
    "text": "Курск",
}
ARTICLE: dict[str, Any] = {
    "url": "https://example.org/a",
    "op": "create",
    "version": 0,
    "published_at": to_text(CREATED),
    "outlet": {"domain": "example.org"},
    "title": "Kursk",
}
DELETION: dict[str, Any] = {"platform": "x", "id": "1", "op": "delete", "version": CREATED + 5}


def of(record: Any, **changes: Any) -> bytes:
    return orjson.dumps({**record, **changes})


@pytest.mark.parametrize(
    ("value", "kind", "key"),
    [
        (of(POST), "posts", b"x:1"),
        (of(DELETION), "posts", b"x:1"),
        (of(ARTICLE), "articles", b"https://example.org/a"),
        (of(ARTICLE, links=[{"url": "https://x.example", "platform": "x"}]), "articles", b"https://example.org/a"),
        (of({"url": "https://example.org/a", "op": "delete", "version": 5}), "articles", b"https://example.org/a"),
    ],
)
def test_a_record_says_by_its_fields_where_it_belongs(value: bytes, kind: str, key: bytes) -> None:
    found = examine(value, None, "posts", LATEST)
    assert (found.kind, found.key, found.trouble, found.value) == (kind, key, None, value)


@pytest.mark.parametrize(
    ("value", "kind", "key"),
    [
        (of(POST, version=-5), "posts", b"x:1"),
        (of(POST, created_at="the ides of March"), "posts", b"x:1"),
        (of({"platform": "x"}), "posts", None),
        (of({"platform": 5, "id": "1"}), "articles", None),
        (of({"url": "https://example.org/a"}), "articles", b"https://example.org/a"),
        (b"[]", "articles", None),
        (b"not JSON", "articles", None),
        (b'{"platform":"x","id":"1","text":"\xff"}', "articles", None),
        (b"[" * 10_000, "articles", None),
        (b'{"a":' * 10_000, "articles", None),
    ],
)
def test_a_broken_record_goes_where_it_seems_to_belong_with_the_key_that_can_be_read(
    value: bytes, kind: str, key: bytes | None
) -> None:
    """Where nothing can be read it goes where the one before it went."""
    found = examine(value, None, "articles", LATEST)
    assert (found.kind, found.key, found.value) == (kind, key, value)
    assert found.trouble is not None
    assert found.newest is None


def test_the_topic_can_be_prescribed() -> None:
    found = examine(of(ARTICLE), "posts", "posts", LATEST)
    assert found.kind == "posts"
    assert found.trouble is not None


@pytest.mark.parametrize(
    ("value", "oldest", "newest"),
    [
        (of(POST), CREATED, CREATED),
        (of(POST, op="edit", version=CREATED + 9, edited_at=to_text(CREATED + 8)), CREATED, CREATED + 9),
        (of(POST, version=3), CREATED, CREATED),
        (of(POST, created_at="1999-12-31T23:59:59Z"), None, None),
        (of(POST, created_at="9999-12-31T23:59:59Z"), None, None),
        (of(DELETION), CREATED + 5, CREATED + 5),
        (of(DELETION, version=7), None, None),
        (of(ARTICLE, updated_at=to_text(CREATED + 1)), CREATED, CREATED + 1),
    ],
)
def test_plausible_times_are_taken_nonsense_is_not(value: bytes, oldest: int | None, newest: int | None) -> None:
    found = examine(value, None, "posts", LATEST)
    assert (found.oldest, found.newest) == (oldest, newest)


def test_all_of_a_posts_times_move_and_nothing_else() -> None:
    value = of(POST, op="edit", version=CREATED + DAY, edited_at=to_text(CREATED + DAY), unknown={"x": [1.5, None]})
    mapping = Mapping(CREATED, CREATED + DAY, 3_600_000, LATEST)
    after = orjson.loads(moved(examine(value, None, "posts", LATEST), mapping, LATEST))
    assert after == {
        **orjson.loads(value),
        "created_at": to_text(LATEST - 3_600_000),
        "edited_at": to_text(LATEST),
        "version": LATEST,
    }
    decode_post(orjson.dumps(after))


def test_an_articles_times_move() -> None:
    value = of(ARTICLE, updated_at=to_text(CREATED + DAY), version=2)
    mapping = Mapping(CREATED, CREATED + DAY, 3_600_000, LATEST)
    after = moved(examine(value, None, "posts", LATEST), mapping, LATEST)
    assert orjson.loads(after)["published_at"] == to_text(LATEST - 3_600_000)
    assert orjson.loads(after)["version"] == 2
    decode_article(after)


def test_nonsense_times_and_broken_records_stay_as_they_are() -> None:
    mapping = Mapping(CREATED, CREATED + DAY, 3_600_000, LATEST)
    for value in (of(POST, created_at="1970-01-01T00:00:00Z"), of(POST, version=-1), b"not JSON"):
        assert moved(examine(value, None, "posts", LATEST), mapping, LATEST) == value


def test_what_only_the_stricter_writer_refuses_moves_too() -> None:
    deep = b'{"a":' * 400 + b"1" + b"}" * 400
    value = of(POST)[:-1] + b',"unknown":' + deep + b"}"
    mapping = Mapping(CREATED, CREATED + DAY, 3_600_000, LATEST)
    after = moved(examine(value, None, "posts", LATEST), mapping, LATEST)
    assert decode_post(after).created_at != decode_post(value).created_at  # type: ignore[union-attr]


def test_the_size_limit_counts_key_and_framing() -> None:
    assert not is_too_large(b"x:1", b"a" * (MAX_RECORD_BYTES - 200))
    assert is_too_large(b"x:1", b"a" * (MAX_RECORD_BYTES - 100))
    assert is_too_large(b"k" * 200, b"a" * (MAX_RECORD_BYTES - 200))
