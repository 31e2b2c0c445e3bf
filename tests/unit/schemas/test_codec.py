"""Whatever the bytes, decoding gives a valid record or says in one line why not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import ArticleDeletion, Post, PostDeletion, Reason
from schemas.base import MAX_VERSION
from schemas.codec import Unusable, decode_article, decode_post, decode_tracked_event, encode

POST = {
    "platform": "x",
    "id": "1",
    "op": "create",
    "version": 0,
    "author": {"id": "7", "handle": "ada"},
    "text": "hello",
    "created_at": "2025-03-14T17:00:00Z",
}


def raw(**changes: object) -> bytes:
    """A post's bytes with some fields changed; None leaves one out."""
    return json.dumps({k: v for k, v in (POST | changes).items() if v is not None}).encode()


def refused(data: bytes) -> Unusable:
    with pytest.raises(Unusable) as caught:
        decode_post(data)
    assert "\n" not in caught.value.detail
    return caught.value


def test_a_post_comes_back_as_it_was() -> None:
    post = decode_post(raw(unknown={"a": 1}))
    assert isinstance(post, Post)
    assert decode_post(encode(post)) == post
    assert post.key == "x:1"


def test_missing_optional_fields_stay_missing() -> None:
    post = decode_post(raw(created_at=None))
    assert isinstance(post, Post)
    assert post.created_at is None
    assert b"created_at" not in encode(post)


def test_a_deletion_carries_nothing_but_key_and_version() -> None:
    assert decode_post(b'{"platform":"x","id":"1","op":"delete","version":5}') == PostDeletion("x", "1", "delete", 5)
    deletion = ArticleDeletion("https://a.example/1", "delete", 5)
    assert decode_article(encode(deletion)) == deletion


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"{", Reason.MALFORMED_JSON),
        (b"not json", Reason.MALFORMED_JSON),
        (b"[]", Reason.SCHEMA),
        (raw(text=5), Reason.SCHEMA),
        (raw(author=None), Reason.SCHEMA),
        (raw(op="zap"), Reason.SCHEMA),
        (raw(version=-1), Reason.SCHEMA),
        (raw(version=MAX_VERSION + 1), Reason.SCHEMA),
        (raw(platform="Not A Slug"), Reason.SCHEMA),
        (raw(id=""), Reason.SCHEMA),
        (raw(created_at="yesterday"), Reason.SCHEMA),
        (raw(created_at="2025-03-14T17:00:00"), Reason.SCHEMA),
        (raw(text="a\0b"), Reason.NUL),
        (raw(text="x" * 2_000_000), Reason.SCHEMA),
        (raw(text="naïve").replace(b"\\u00ef", b"\xff"), Reason.INVALID_UTF8),
        (raw(text="x").replace(b'"text": "x"', b'"text": "\\ud800 alone"'), Reason.MALFORMED_JSON),
        (raw()[:-1] + b',"deep":' + b"[" * 10_000 + b"]" * 10_000 + b"}", Reason.TOO_DEEP),
    ],
)
def test_what_breaks_the_schema_is_refused_with_its_reason(data: bytes, reason: Reason) -> None:
    assert refused(data).reason is reason


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    post = decode_post(raw(text="a\\u0000b"))
    assert isinstance(post, Post)
    assert post.text == "a\\u0000b"


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for decode in (decode_post, decode_article):
        with pytest.raises(Unusable):
            decode(data)


@pytest.mark.parametrize("section", ["parts", "claims", "groups"])
@pytest.mark.parametrize("name", ["Two words", "", "a\n", "x" * 65])
def test_names_within_a_tracked_event_are_slugs(section: str, name: str) -> None:
    event = {
        "id": "kursk",
        "title": "Kursk",
        "revision": "a" * 12,
        "applied_at": "2025-03-14T17:00:00Z",
        "engine": 1,
        "match": "kursk",
    }
    assert getattr(decode_tracked_event(json.dumps({**event, section: {"a-b_1": "x"}}).encode()), section)
    with pytest.raises(Unusable, match=section):
        decode_tracked_event(json.dumps({**event, section: {name: "x"}}).encode())
