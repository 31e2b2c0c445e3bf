"""A body is an array, one record, or one a line; each record gets its own result."""

import orjson
import pytest

from streams.connections import MAX_RECORD_BYTES
from streams.ingest.http import MAX_RECORDS, Accepted, Refused, UnreadableBody, judge, split

A = {"platform": "x", "id": "1", "op": "delete", "version": 1}
B = {"platform": "x", "id": "2", "op": "delete", "version": 2}


@pytest.mark.parametrize(
    "body",
    [
        orjson.dumps([A, B]),
        orjson.dumps([A, B], option=orjson.OPT_INDENT_2),
        b"\r\n" + orjson.dumps(A) + b"\r\n\r\n" + orjson.dumps(B) + b"\n",
    ],
    ids=["array", "indented array", "lines"],
)
def test_several_records(body: bytes) -> None:
    assert [orjson.loads(part) for part in split(body)] == [A, B]


def test_a_single_record_may_spread_over_lines() -> None:
    body = orjson.dumps(A, option=orjson.OPT_INDENT_2)
    assert split(body) == [body]


def test_an_empty_array_holds_nothing() -> None:
    assert split(b" [] ") == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"hello", "neither"),
        (b"{} {}", "with --data-binary"),
        (b"\xff\xfe", "neither"),
        (b'[{"platform":"x"}', "no JSON array"),
        (b"[{}] and more", "no JSON array"),
        (b"[" * 100_000, "no JSON array"),
        (b"[" + b"0," * MAX_RECORDS + b"0]", "the most"),
    ],
)
def test_an_unreadable_body_is_refused_whole(body: bytes, why: str) -> None:
    with pytest.raises(UnreadableBody, match=why):
        split(body)


def test_a_broken_line_costs_only_itself() -> None:
    results = list(judge("posts", split(orjson.dumps(A) + b'\n{"platform":\n' + orjson.dumps(B))))
    assert [type(each) for each in results] == [Accepted, Refused, Accepted]
    assert isinstance(results[1], Refused)
    assert results[1].reason == "malformed-json"


def test_an_accepted_record_is_the_very_bytes_that_came() -> None:
    body = b'{ "platform": "x", "id": "1", "op": "delete", "version": 1, "odd": 1.0 }'
    assert list(judge("posts", split(b"[" + body + b"]"))) == [Accepted("x:1", body)]


def test_a_post_is_no_article() -> None:
    (result,) = judge("articles", [orjson.dumps(A)])
    assert isinstance(result, Refused)
    assert result.reason == "schema"


def test_a_record_too_large_for_kafka_is_refused() -> None:
    (result,) = judge("posts", [orjson.dumps({**A, "unknown": "x" * MAX_RECORD_BYTES})])
    assert isinstance(result, Refused)
    assert result.reason == "too-large"
