"""A replay sends every record somewhere, in its time, and says what became of it."""

import asyncio
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest

from schemas import DeadLetter
from streams.connections import MAX_RECORD_BYTES
from streams.errors import UserError
from streams.ingest.files import Options, Replay, Summary
from streams.ingest.producing import Outgoing, Sender
from streams.ingest.times import parse_instant, to_text
from streams.settings import Settings
from tests.unit.ingest.test_records import ARTICLE, CREATED, DAY, DELETION, POST, of

UNTIL = parse_instant("2025-06-01T00:00:00Z")
SIX_DAYS = 6 * 86_400


class Recorder(Sender):
    """Takes what is sent, and confirms it at once."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    async def send(self, records: Sequence[Outgoing]) -> "asyncio.Future[list[Any]]":
        self.sent += records
        done = asyncio.get_running_loop().create_future()
        done.set_result([])
        return done


async def replay(*paths: Path, **options: Any) -> tuple[Summary, list[Outgoing]]:
    recorder = Recorder()
    summary = await Replay(Settings(), recorder, paths, Options(**options)).run()
    return summary, recorder.sent


def write(path: Path, *values: bytes) -> Path:
    path.write_bytes(b"\n".join(values) + b"\n")
    return path


async def test_records_go_on_as_they_came_with_their_newest_time(tmp_path: Path) -> None:
    values = [of(POST), of(ARTICLE), of(DELETION)]
    summary, sent = await replay(write(tmp_path / "f", *values))
    assert [(each.topic, each.key, each.value, each.timestamp) for each in sent] == [
        ("posts", b"x:1", values[0], CREATED),
        ("articles", b"https://example.org/a", values[1], CREATED),
        ("posts", b"x:1", values[2], CREATED + 5),
    ]
    assert summary == Summary(read=3, sent=3, posts=2, articles=1, bad=0, older=3)


async def test_broken_records_are_sent_as_they_are_and_counted(tmp_path: Path) -> None:
    broken = [b"not JSON", b"[]", of(POST, op="explode")]
    summary, sent = await replay(write(tmp_path / "f", of(ARTICLE), *broken))
    assert [(each.topic, each.key, each.value) for each in sent[1:]] == [
        ("articles", None, b"not JSON"),
        ("articles", None, b"[]"),
        ("posts", b"x:1", broken[2]),
    ]
    assert (summary.sent, summary.bad) == (4, 3)
    assert summary.first_bad.startswith("f:2: malformed-json: ")


async def test_a_record_without_a_time_takes_that_of_the_one_before(tmp_path: Path) -> None:
    timeless = of({**DELETION, "version": 7})
    before = int(time.time() * 1_000)
    _, sent = await replay(write(tmp_path / "f", timeless, of(POST), timeless, b"not JSON"))
    assert sent[0].timestamp >= before
    assert [each.timestamp for each in sent[1:]] == [CREATED] * 3


async def test_span_lays_all_times_onto_the_days_before_until(tmp_path: Path) -> None:
    first, last = of(POST, id="a"), of(POST, id="b", created_at=to_text(CREATED + 60 * DAY))
    edit = of(POST, id="a", op="edit", version=CREATED + 30 * DAY, edited_at=to_text(CREATED + 30 * DAY))
    delete = of({**DELETION, "version": CREATED + 60 * DAY})
    summary, sent = await replay(write(tmp_path / "f", first, edit, last, delete), span=SIX_DAYS, until=UNTIL)
    assert [each.timestamp for each in sent] == [UNTIL - 6 * DAY, UNTIL - 3 * DAY, UNTIL, UNTIL]
    values = [orjson.loads(each.value) for each in sent]
    assert values[1]["created_at"] == values[0]["created_at"] == to_text(UNTIL - 6 * DAY)
    assert values[1]["edited_at"] == to_text(UNTIL - 3 * DAY)
    assert [value["version"] for value in values] == [0, UNTIL - 3 * DAY, 0, UNTIL]
    assert summary.bad == 0


async def test_the_same_until_gives_the_same_bytes(tmp_path: Path) -> None:
    path = write(
        tmp_path / "f",
        of(POST),
        of({**DELETION, "version": 3}),
        b"not JSON",
        of(POST, created_at=to_text(CREATED + DAY)),
    )
    once = await replay(path, span=SIX_DAYS, until=UNTIL)
    assert await replay(path, span=SIX_DAYS, until=UNTIL) == once


async def test_one_mapping_holds_for_all_files(tmp_path: Path) -> None:
    one = write(tmp_path / "one", of(POST))
    two = write(tmp_path / "two", of(ARTICLE, published_at=to_text(CREATED + DAY)))
    _, sent = await replay(two, one, span=3_600, until=UNTIL)
    assert [each.timestamp for each in sent] == [UNTIL, UNTIL - 3_600_000]


async def test_nonsense_times_do_not_stretch_the_mapping(tmp_path: Path) -> None:
    path = write(
        tmp_path / "f",
        of(POST, created_at="1970-01-01T00:00:00Z"),
        of(POST),
        of(POST, created_at="9999-01-01T00:00:00Z"),
    )
    _, sent = await replay(path, span=3_600, until=UNTIL)
    assert [each.timestamp for each in sent] == [UNTIL] * 3


async def test_speed_plays_all_files_together(tmp_path: Path) -> None:
    posts = write(tmp_path / "posts", of(POST), of(POST, created_at=to_text(CREATED + 2_000)))
    articles = write(tmp_path / "articles", of(ARTICLE, published_at=to_text(CREATED + 1_000)))
    started = time.monotonic()
    _, sent = await replay(posts, articles, speed=10)
    assert [each.topic for each in sent] == ["posts", "articles", "posts"]
    assert time.monotonic() - started >= 0.15


async def test_a_record_too_large_for_kafka_becomes_a_dead_letter(tmp_path: Path) -> None:
    path = write(tmp_path / "big.ndjson", of(POST), of(POST, text="x" * MAX_RECORD_BYTES))
    summary, sent = await replay(path)
    size = path.stat().st_size - len(of(POST)) - 2
    assert summary.first_bad == f"big.ndjson:2: schema: a record of {size} bytes, Kafka takes {MAX_RECORD_BYTES}"
    assert (sent[1].topic, sent[1].key) == ("dead-letters", b"big.ndjson/0/2")
    letter = msgspec.json.decode(sent[1].value, type=DeadLetter)
    assert letter.truncated
    assert len(letter.raw) == 256 * 1024
    assert (summary.read, summary.sent, summary.bad) == (2, 1, 1)


@pytest.mark.parametrize(
    ("path", "message"),
    [("-", "standard input does not allow"), ("missing", "no such file"), (".", "is a folder")],
)
def test_what_cannot_be_replayed_is_refused_at_once(path: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        Replay(Settings(), Recorder(), [Path(path)], Options(span=60))


@pytest.mark.parametrize("planted", [0, 1, 19])
async def test_one_object_among_the_first_lines_is_enough(tmp_path: Path, planted: int) -> None:
    summary, sent = await replay(write(tmp_path / "f", *[b"not JSON"] * planted, of(POST), b"[]"))
    assert (summary.sent, summary.posts, len(sent)) == (planted + 2, 1, planted + 2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[" + of(POST) + b"]", "a JSON array, expected one record a line: jq -c '.[]' {} | tocsin ingest files -"),
        (b"[\n  {}\n]", "a JSON array, expected one record a line: jq -c '.[]' {} | tocsin ingest files -"),
        (b'{\n  "id": "1"\n}', "pretty-printed JSON, expected one record a line: jq -c . {} | tocsin ingest files -"),
        (b"platform,id\nx,1", "CSV, expected NDJSON: one JSON object a line"),
        (b"[section]\nkey = 1", "found '[section]', expected NDJSON: one JSON object a line"),
        (b"id: a\ntitle: t", "YAML, expected NDJSON: one JSON object a line"),
        (b"no\n" * 20 + of(POST), "found 'no', expected NDJSON: one JSON object a line"),
    ],
)
async def test_a_file_of_something_else_is_refused_before_anything_is_sent(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    recorder = Recorder()
    with pytest.raises(UserError) as caught:
        await Replay(Settings(), recorder, [write(tmp_path / "good", of(POST)), path], Options()).run()
    assert str(caught.value).endswith(said.format(path))
    assert (caught.value.code, recorder.sent) == (65, [])


async def test_a_pipe_is_judged_by_its_first_lines_too(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    for content, sent in ((b"a,b\n" * 3, None), (b"not JSON\n" + of(POST), 2)):
        with ThreadPoolExecutor() as writer:
            writer.submit(path.write_bytes, content)
            if sent is None:
                with pytest.raises(UserError, match="looks like CSV"):
                    await replay(path)
            else:
                assert len((await replay(path))[1]) == sent


async def test_an_empty_file_is_no_mistake(tmp_path: Path) -> None:
    assert await replay(write(tmp_path / "f")) == (Summary(), [])
