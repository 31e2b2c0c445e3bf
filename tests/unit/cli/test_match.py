"""`tocsin match`: one line out for each record in, offline, and every bad line named."""

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import zstandard
from click.testing import CliRunner, Result

from streams.cli.match import command
from streams.errors import UserError

ROOT = Path(__file__).parents[3]
EVENT = """\
id: offer
title: An offer
since: 2025-03-13T00:00:00Z
match: |
  kursk surrender
claims:
  trap: |
    trap
groups:
  media: |
    list:media
"""
AUTHOR = {"id": "7", "handle": "rianru"}


def post(number: int, text: str, **changes: Any) -> dict[str, Any]:
    created = {"created_at": "2025-03-14T12:00:00Z"}
    return {"platform": "x", "id": str(number), "op": "create", "version": 0, "author": AUTHOR, "text": text} | (
        created | changes
    )


def article(text: str) -> dict[str, Any]:
    outlet = {"domain": "tass.ru"}
    return {"url": "https://tass.ru/1", "op": "create", "version": 0, "outlet": outlet, "title": text}


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    """Where a test writes its records."""
    return tmp_path / "posts.ndjson"


@pytest.fixture
def event(tmp_path: Path) -> Path:
    """An event file with its lists beside it."""
    (tmp_path / "events").mkdir()
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "media.txt").write_text("x/rianru\ntass.ru\n")
    path = tmp_path / "events" / "offer.yaml"
    path.write_text(EVENT)
    return path


def ndjson(*records: object) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments], catch_exceptions=False)


def printed(result: Result) -> list[Any]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_match_names_event_claims_groups_and_words(event: Path, posts: Path) -> None:
    """The line of a match says which event, in what sense, by whom, and which words made it."""
    posts.write_bytes(ndjson(post(1, "Kursk: surrender is a trap"), article("Surrender, Kursk")))
    result = run("--events", event, posts)
    assert result.exit_code == 0
    first, second = printed(result)
    assert first == {
        "id": "x:1",
        "events": [
            {
                "id": "offer",
                "claims": ["trap"],
                "groups": ["media"],
                "spans": [
                    {"field": "text", "start": 0, "end": 5, "term": "kursk"},
                    {"field": "text", "start": 7, "end": 16, "term": "surrender"},
                    {"field": "text", "start": 22, "end": 26, "term": "trap"},
                    {"field": "author.handle", "start": 0, "end": 6, "term": "list:media"},
                ],
            }
        ],
    }
    assert second["id"] == "https://tass.ru/1"
    assert [(each["claims"], each["groups"]) for each in second["events"]] == [([], ["media"])]


def test_every_record_gets_a_line_in_order(event: Path, posts: Path) -> None:
    """What matches nothing, and a deletion, get an empty list."""
    deletion = {"platform": "x", "id": "2", "op": "delete", "version": 9}
    whole_deletion = post(3, "Kursk surrender", op="delete", version=9)
    withdrawn = {"url": "https://tass.ru/1", "op": "delete", "version": 9}
    posts.write_bytes(ndjson(post(1, "weather"), deletion, whole_deletion, withdrawn, post(4, "kursk surrender")))
    found = [(each["id"], len(each["events"])) for each in printed(run("--events", event, posts))]
    assert found == [("x:1", 0), ("x:2", 0), ("x:3", 0), ("https://tass.ru/1", 0), ("x:4", 1)]


def test_bad_lines_are_named_and_the_rest_is_matched(event: Path, posts: Path) -> None:
    """A malformed line costs itself, one line on standard error and the exit code."""
    posts.write_bytes(
        ndjson(post(1, "a")) + b'{"platform": "x"\n\nnonsense\n' + ndjson(post(2, "b", version=-1), post(3, "c"))
    )
    result = run("--events", event.parent, posts)
    assert result.exit_code == 1
    assert [each["id"] for each in printed(result)] == ["x:1", "x:3"]
    named = [line.split(" ")[0] for line in result.stderr.splitlines()]
    assert named == ["posts.ndjson:2:", "posts.ndjson:4:", "posts.ndjson:5:", "tocsin:"]
    assert result.stderr.endswith("tocsin: 0 of 2 records matched\n")


def test_only_what_matched_is_printed_on_demand(posts: Path) -> None:
    """`--matched` leaves the others out, and standard error counts both."""
    posts.write_bytes(ndjson(post(1, "kursk"), post(2, "sudzha"), post(3, "Kursk")))
    result = run("--rule", "kursk", "--matched", posts)
    assert [each["id"] for each in printed(result)] == ["x:1", "x:3"]
    assert result.stderr == "tocsin: 2 of 3 records matched\n"


def test_a_payload_of_x_is_told_from_a_broken_record(posts: Path) -> None:
    """Who feeds what X gave hears which command makes posts of it."""
    posts.write_bytes(b'{"data":[{"id":"1","text":"a","author_id":"2"}]}\n')
    result = run("--rule", "kursk", posts)
    assert result.exit_code == 1
    assert "`tocsin convert x`" in result.stderr


def test_reads_standard_input() -> None:
    """`-` is standard input, and nothing but the lines of the result is on standard output."""
    command = [sys.executable, "-m", "streams", "match", "--rule", "kursk", "-"]
    done = subprocess.run(
        command, input=ndjson(post(1, "Kursk")), capture_output=True, check=True, cwd=ROOT, timeout=60
    )
    assert [len(json.loads(line)["events"]) for line in done.stdout.splitlines()] == [1]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress])
def test_reads_plain_gzip_and_zstd(tmp_path: Path, pack: Any) -> None:
    """The file's own bytes say how it is packed."""
    path = tmp_path / "posts"
    path.write_bytes(pack(ndjson(post(1, "kursk"), post(2, "minsk"))))
    result = run("--rule", "kursk", path)
    assert [[hit["id"] for hit in each["events"]] for each in printed(result)] == [["rule"], []]


def test_a_rule_may_name_a_list(event: Path, posts: Path) -> None:
    """--lists works for a bare rule too."""
    posts.write_bytes(ndjson(post(1, "kursk"), post(2, "kursk", author={"id": "8", "handle": "nobody"})))
    result = run("--rule", "kursk list:media", "--lists", event.parents[1] / "lists", posts)
    assert [len(each["events"]) for each in printed(result)] == [1, 0]


def test_a_record_from_before_since_does_not_match(event: Path, posts: Path) -> None:
    """As for a worker; standard error says how many that were, for it may surprise."""
    early = post(1, "kursk surrender", created_at="2025-03-12T23:59:59Z")
    posts.write_bytes(ndjson(early, post(2, "kursk surrender")))
    result = run("--events", event, posts)
    assert [len(each["events"]) for each in printed(result)] == [0, 1]
    assert result.exit_code == 0
    assert "tocsin: 1 matches do not count" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rule", "kursk OR", "-"], "--rule: column 7"),
        (["--rule", "-kursk", "-"], "--rule: column 1"),
        (["-"], "either --events PATH or --rule RULE"),
        (["--rule", "kursk", "/nonexistent/posts"], "/nonexistent/posts"),
        (["--events", "/nonexistent/event.yaml", "-"], "/nonexistent/event.yaml"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], said: str) -> None:
    """A rule, a file or an option that cannot be used is said in one line that names it."""
    with pytest.raises(UserError, match=said) as error:
        run(*arguments)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"[{}]", r"this looks like a JSON array, expected one record a line: jq -c '.\[\]' .* | tocsin match … -"),
        (b"id: offer\n", "this looks like YAML, expected NDJSON: one JSON object a line"),
        (b"\x89PNG\r\n\x1a\n" * 40, "expected NDJSON: one JSON object a line"),
    ],
)
def test_a_file_of_another_kind_is_one_line(posts: Path, written: bytes, said: str) -> None:
    posts.write_bytes(written)
    result = CliRunner().invoke(command, ["--rule", "kursk", str(posts)])
    assert isinstance(result.exception, UserError)
    assert result.exception.code == 65
    assert "\n" not in str(result.exception)
    assert re.search(said, str(result.exception))


def test_bytes_that_are_no_text_are_named_by_their_place(posts: Path) -> None:
    posts.write_bytes(json.dumps(post(1, "kursk")).encode() + b'\n{"platform":"\xff"}\n')
    result = CliRunner().invoke(command, ["--rule", "kursk", str(posts)])
    assert result.exit_code == 1
    assert "posts.ndjson:2: invalid-utf8: byte 13 is not UTF-8" in result.stderr
