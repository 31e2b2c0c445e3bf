"""The quick way through a line of X's stream comes to what the whole mapper comes to."""

import json

import pytest

from streams.ingest import x
from streams.ingest.x.lines import outcomes
from tests.unit.ingest import recorded

pytestmark = pytest.mark.skipif(not recorded.V1.exists(), reason="the recorded payloads are not there")


def test_recorded_pages_line_by_line() -> None:
    compared = 0
    for name in recorded.files():
        for page in recorded.documents(name) if name.startswith("twarc-csv/") else ():
            data = page.get("data") if isinstance(page, dict) else None
            for each in data if isinstance(data, list) else [data]:
                payload = {"data": each, "includes": page.get("includes", {}), "matching_rules": [{"id": "1"}]}
                compared += 1
                found, expected = outcomes(json.dumps(payload).encode(), 7), x.records(payload, 7)
                assert list(map(repr, found)) == list(map(repr, expected)), name
    assert compared > 1_000


def test_recorded_statuses_line_by_line() -> None:
    """Each status of v1.1 takes the quick way, and comes to the same."""
    quick = 0
    for name in recorded.files():
        for document in recorded.documents(name) if name.startswith("python-twitter/") else ():
            for each in document if isinstance(document, list) else [document]:
                line = json.dumps(each).encode()
                quick += x.plain(line) is not None
                assert list(map(repr, outcomes(line, 7))) == list(map(repr, x.records(each, 7))), name
    assert quick > 250


#: A status of v1.1; what else may stand beside it makes it something else.
STATUS = {"id": 1, "id_str": "1", "text": "a", "user": {"id": 7, "screen_name": "ada"}}


@pytest.mark.parametrize(
    "payload",
    [
        {"errors": [{"title": "operational-disconnect"}]},
        {"data": {"id": "1"}},
        {"data": {"id": 1, "text": "a"}},
        {"data": {"id": "1", "text": "a", "author_id": "7"}, "includes": {"users": [{"id": 7}]}},
        {"data": {"id": "1", "text": "a", "author_id": "7"}, "errors": [{"title": "Not Found Error"}]},
        {"data": {"delete": {"tweet": {"id": "9"}, "event_at": "2026-01-01T00:00:00.000Z"}}},
        {"delete": {"status": {"id_str": "9", "user_id_str": "7"}}},
        STATUS | {"created_at": "yesterday"},
        STATUS | {"text": "nul \0"},
        STATUS | {"lang": "e" * 1_001},
        *(STATUS | {key: None} for key in ("data", "meta", "results", "actor", "verb", "delete", "event_type")),
        STATUS | {"statuses": [STATUS]},
        STATUS | {"recipient": {"id": 9}},
        STATUS | {"id": {"1": STATUS}},
        [],
        "text",
    ],
)
def test_what_is_no_plain_post(payload: object) -> None:
    found, expected = list(outcomes(json.dumps(payload).encode(), 7)), list(x.records(payload, 7))
    assert list(map(repr, found)) == list(map(repr, expected))


def test_a_broken_byte_anywhere_in_a_status_is_told() -> None:
    """Also in a field that nobody reads."""
    line = json.dumps(STATUS | {"unread": "?"}).encode()
    assert x.plain(line) is not None
    assert x.plain(line.replace(b"?", b"\xff")) is None
