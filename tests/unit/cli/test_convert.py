"""`tocsin convert x`: what X sent in, one post a line out, whatever the file looks like; what is unusable is named."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import zstandard
from click.testing import CliRunner, Result

from schemas.codec import decode_post
from streams.cli import root
from streams.errors import UserError

ROOT = Path(__file__).parents[3]
USERS = [{"id": "7", "username": "ada"}]


def status(number: int, **more: Any) -> dict[str, Any]:
    """A v1.1 status."""
    user = {"id": 7, "screen_name": "ada"}
    return {"id": number, "id_str": str(number), "text": f"post {number}", "user": user} | more


def page(*numbers: int) -> dict[str, Any]:
    """A v2 page."""
    data = [{"id": str(number), "author_id": "7", "text": f"post {number}"} for number in numbers]
    return {"data": data, "includes": {"users": USERS}, "meta": {"result_count": len(numbers)}}


def ndjson(*payloads: object) -> bytes:
    return b"".join(json.dumps(payload).encode() + b"\n" for payload in payloads)


def pretty(*payloads: object) -> bytes:
    return b"\n".join(json.dumps(payload, indent=2).encode() for payload in payloads)


def run(path: Path | str, *more: Path | str) -> Result:
    return CliRunner().invoke(root, ["convert", "x", str(path), *map(str, more)], catch_exceptions=False)


def ids(result: Result) -> list[str]:
    return [decode_post(line.encode()).id for line in result.stdout.splitlines()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a test writes its payloads."""
    return tmp_path / "recorded.json"


@pytest.mark.parametrize(
    "content",
    [
        ndjson(status(1), status(2), status(3)),
        ndjson(page(1, 2), {"data": page(3)["data"][0], "includes": {"users": USERS}, "matching_rules": []}),
        ndjson([status(1), status(2), status(3)]),
        ndjson({"statuses": [status(1), status(2)]}, page(3)),
        pretty([status(1), status(2), status(3)]),
        pretty(page(1, 2, 3)),
        pretty(status(1), page(2), [status(3)]),
        json.dumps(status(1)).encode() + b" " + json.dumps(page(2, 3)).encode(),
        b"[\n" + b",\n".join(json.dumps(status(number)).encode() for number in (1, 2, 3)) + b"\n]\n",
        b"\n\n" + ndjson(status(1)) + b"\r\n" + ndjson(status(2), status(3)).rstrip(),
    ],
    ids=[
        "lines",
        "pages",
        "array",
        "mixed",
        "array over lines",
        "page over lines",
        "several",
        "one line",
        "rows",
        "blank",
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_posts_come_out_in_order_however_they_lie_in_the_file(file: Path, content: bytes, pack: Any) -> None:
    file.write_bytes(pack(content))
    result = run(file)
    assert (ids(result), result.stderr, result.exit_code) == (["1", "2", "3"], "", 0)


def test_a_line_is_a_whole_post(file: Path) -> None:
    file.write_bytes(ndjson(status(20, created_at="Tue Mar 21 20:50:14 +0000 2006")))
    assert json.loads(run(file).stdout) == {
        "platform": "x",
        "id": "20",
        "op": "create",
        "version": 0,
        "author": {"id": "7", "handle": "ada"},
        "text": "post 20",
        "url": "https://x.com/ada/status/20",
        "created_at": "2006-03-21T20:50:14Z",
    }


def test_unusable_records_are_named_and_cost_nothing_else(file: Path) -> None:
    """By line and field; a line that was cut off too."""
    broken = status(2)
    del broken["user"]
    file.write_bytes(ndjson(status(1)) + ndjson(broken, [status(3), broken]) + b'\n{"id": 4, "te')
    result = run(file)
    assert (ids(result), result.exit_code) == (["1", "3"], 1)
    first, second, third, counted = result.stderr.splitlines()
    assert first == "recorded.json:2: schema: Object missing required field `user`"
    assert second == "recorded.json:3: schema: Object missing required field `user` - at `$[1]`"
    assert third.startswith("recorded.json:5: malformed-json: ")
    assert counted == "tocsin: refused: 1 malformed-json, 2 schema"


def test_a_bad_first_line_does_not_make_the_rest_one_document(file: Path) -> None:
    file.write_bytes(b'{"id": 4, "te\n' + ndjson(*map(status, range(1, 31))))
    result = run(file)
    assert (len(ids(result)), len(result.stderr.splitlines()), result.exit_code) == (30, 1, 1)
    assert result.stderr.startswith("recorded.json:1: malformed-json")


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (pretty(status(1))[:-3], "recorded.json:7: malformed-json: "),
        (pretty(status(1), status(2)) + b"\n}", "recorded.json:19: malformed-json: "),
        (b"\xff{\n}", "recorded.json:1: invalid-utf8: "),
        (b"[" * 100_000, "recorded.json:1: "),
        (b'{\n"id": ' + b"1" * 5_000 + b"}", "recorded.json:1: malformed-json: "),
    ],
    ids=["cut off", "a brace too many", "not text", "too deep", "a long number"],
)
def test_a_document_that_cannot_be_read_is_one_line(file: Path, content: bytes, where: str) -> None:
    file.write_bytes(content)
    result = run(file)
    assert result.exit_code == 1
    assert result.stderr.startswith(where)
    assert result.stderr.count("\n") == 1


def test_what_a_stream_says_beside_posts_is_counted(file: Path) -> None:
    """It is no mistake; deletions are records."""
    deletion = {"delete": {"status": {"id": 9, "user_id": 7}}}
    file.write_bytes(ndjson({"limit": {"track": 5}}, status(1), {"limit": {"track": 6}}, {"warning": {}}, deletion))
    result = run(file)
    assert (ids(result), result.exit_code) == (["1", "9"], 0)
    assert result.stderr == "tocsin: not posts, skipped: 2 limit, 1 warning\n"


def test_several_files_and_standard_input() -> None:
    """`-` is standard input, and nothing but posts is on standard output."""
    command = [sys.executable, "-m", "streams", "convert", "x", "-"]
    done = subprocess.run(command, input=ndjson(page(1, 2)), capture_output=True, check=True, cwd=ROOT, timeout=60)
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["1", "2"]


def test_an_empty_file_gives_nothing(file: Path) -> None:
    file.write_bytes(b"\n")
    result = run(file, file)
    assert (result.stdout, result.exit_code) == ("", 0)
    assert result.stderr == "tocsin: nothing to convert: no post or article in it\n"


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(UserError, match=r"/nonexistent/x\.json: cannot be opened"):
        run("/nonexistent/x.json")


def convert(*arguments: Path | str) -> Result:
    return CliRunner().invoke(root, ["convert", *map(str, arguments)], catch_exceptions=False)


RSS = "<rss version='2.0'><channel><item><title>t</title><link>https://a.b/1</link></item><item/></channel></rss>"
LIBRARY = "id,creation_time,text,post_owner.id\n1,2024-03-01T12:00:00+0000,x,9\n2,2024-03-02T12:00:00+0000,y,9\n"
EXPORT = {
    "type": "public_channel",
    "id": 1,
    "messages": [{"id": 2, "type": "message", "date_unixtime": "5", "text": "x"}],
}


@pytest.mark.parametrize(
    ("source", "content", "keys"),
    [
        ("x", ndjson(status(1)), ["x:1"]),
        ("telegram", ndjson(EXPORT), ["telegram:1/2"]),
        ("telegram", pretty(EXPORT), ["telegram:1/2"]),
        ("facebook", LIBRARY.encode(), ["facebook:1", "facebook:2"]),
        ("feeds", RSS.replace("<item/>", "").encode(), ["https://a.b/1"]),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_each_source_is_told_by_its_beginning(
    file: Path, source: str, content: bytes, keys: list[str], pack: Any
) -> None:
    file.write_bytes(pack(content))
    named, found = convert(source, file), convert("auto", file)
    assert (named.stdout, named.exit_code) == (found.stdout, found.exit_code) != ("", 1)
    made = [json.loads(line) for line in found.stdout.splitlines()]
    assert [each["url"] if "outlet" in each else f"{each['platform']}:{each['id']}" for each in made] == keys


@pytest.mark.parametrize("content", [b"{}", b"", b"a,b\n1,2\n", ndjson({"id_str": "1", "update_id": 5})])
def test_what_may_be_of_any_source_is_not_guessed(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(UserError, match="name the source: x, "):
        convert("auto", file)


def test_a_summary_for_programs(file: Path) -> None:
    file.write_text(RSS)
    result = convert("feeds", "--json", file)
    summary = json.loads(result.stderr)
    assert result.exit_code == 1
    assert (summary["articles"], summary["refused"]) == (1, {"schema": 1})
    assert summary["first_refused"][0].startswith("recorded.json:1: schema: Expected an item with an address")


def test_what_is_gone_from_a_complete_export_is_deleted(file: Path, tmp_path: Path) -> None:
    later = tmp_path / "later.csv"
    file.write_text(LIBRARY + "3,2024-03-03T12:00:00+0000,z,9\n")
    later.write_text(LIBRARY.replace("2,2024-03-02", "4,2024-03-04"))
    found = [json.loads(line) for line in convert("facebook", later, "--earlier", file).stdout.splitlines()]
    assert [(each["id"], each["op"]) for each in found] == [
        ("1", "create"),
        ("4", "create"),
        ("2", "delete"),
        ("3", "delete"),
    ]


def test_a_transcript_needs_to_know_what_it_is_of(file: Path) -> None:
    file.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nThey will live\n")
    with pytest.raises(UserError, match="needs to know its --url"):
        convert("auto", file)
    arguments = ["--url", "https://a.b/talk", "--published", "2025-03-14T18:00:00Z", "--title", "News"]
    (made,) = map(json.loads, convert("transcript", *arguments, file).stdout.splitlines())
    assert (made["kind"], made["body"], made["published_at"]) == (
        "transcript",
        "They will live",
        "2025-03-14T18:00:00Z",
    )


def test_a_table_with_a_map(file: Path) -> None:
    file.write_text("ID,Text,Who\n1,x,ada\n2,y,\n")
    result = convert("csv", file, "--columns", "id=ID,text=Text,author.handle=Who", "--set", "platform=vk")
    assert ids(result) == ["1"]
    assert result.stderr.startswith("recorded.json:3: schema: ")
    assert result.exit_code == 1


def test_records_of_ours_are_told_as_such(file: Path) -> None:
    file.write_bytes(ndjson({"platform": "x", "id": "2", "op": "delete", "version": 1}))
    with pytest.raises(UserError, match="these are posts or articles already: `tocsin ingest files` takes them"):
        convert("auto", file)
