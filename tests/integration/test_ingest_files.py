"""`tocsin ingest files` on a real broker: every record arrives, in its partition, at its time."""

import gzip
import time
from pathlib import Path

import msgspec
import orjson
import pytest

from schemas import DeadLetter
from schemas.codec import decode_post
from streams.connections import MAX_RECORD_BYTES
from streams.ingest.times import parse_instant, to_text
from tests.brokers import Kafka, Redis
from tests.integration.log import topic
from tests.integration.system import System

NOW = int(time.time() * 1_000)
HOUR = 3_600_000


@pytest.fixture
def system(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> System:
    made = System(kafka, redis_server, prefix, tmp_path)
    made.create_topics()
    return made


def post(number: int, created: int, op: str = "create", version: int = 0, text: str = "Курск") -> bytes:
    return orjson.dumps(
        {
            "platform": "x", "id": str(number), "op": op, "version": version, "created_at": to_text(created),
            "author": {"id": "7", "handle": "someone"}, "text": text,
        }
    )  # fmt: skip


async def test_records_arrive_as_they_are_with_their_own_time_all_of_a_post_in_one_partition(system: System) -> None:
    created = NOW - 5 * HOUR
    values = [post(n, created + n) for n in range(3_000)]
    values += [post(n, created + n, "edit", created + HOUR) for n in range(3_000)]
    path = system.folder / "posts.ndjson.gz"
    path.write_bytes(gzip.compress(b"\n".join(values)))
    assert system.tocsin_json("ingest", "files", str(path)) == [
        {"read": 6_000, "sent": 6_000, "posts": 6_000, "articles": 0, "bad": 0}
    ]
    found = await topic(system.settings, "posts")
    assert sorted(record.value for record in found) == sorted(values)
    seen: dict[bytes, tuple[int, int]] = {}
    for record in found:
        decoded = decode_post(record.value)
        assert record.key == decoded.key.encode()
        partition, version = seen.setdefault(record.key, (record.partition, 0))
        assert partition == record.partition
        assert decoded.version >= version
        seen[record.key] = (partition, decoded.version)
        assert record.timestamp == max(decoded.version, created + int(decoded.id))
    assert len({partition for partition, _ in seen.values()}) == system.settings.partitions


async def test_span_maps_times_and_the_same_until_gives_the_same_log(system: System) -> None:
    created = parse_instant("2016-10-01T00:00:00Z")
    path = system.folder / "old.ndjson"
    path.write_bytes(b"\n".join([post(1, created), post(2, created + 24 * HOUR)]))
    until = to_text(NOW)
    for _ in range(2):
        system.tocsin("ingest", "files", str(path), "--span", "6d", "--until", until)
    found = await topic(system.settings, "posts")
    assert len(found) == 4
    values = {(record.timestamp, record.value) for record in found}
    assert values == {(NOW - 144 * HOUR, post(1, NOW - 144 * HOUR)), (NOW, post(2, NOW))}


async def test_bad_records_go_to_their_topic_and_the_too_large_to_dead_letters(system: System) -> None:
    path = system.folder / "mixed.ndjson"
    large = post(3, NOW, text="x" * (MAX_RECORD_BYTES - 2_000))
    path.write_bytes(b"\n".join([post(1, NOW), b"not JSON", post(2, NOW, text="x" * MAX_RECORD_BYTES), b"", large]))
    assert system.tocsin_json("ingest", "files", str(path)) == [
        {"read": 4, "sent": 3, "posts": 1, "articles": 0, "bad": 3}
    ]
    assert {record.value for record in await topic(system.settings, "posts")} == {post(1, NOW), b"not JSON", large}
    (found,) = await topic(system.settings, "dead-letters")
    letter = msgspec.json.decode(found.value, type=DeadLetter)
    assert found.key == b"mixed.ndjson/0/3"
    assert (letter.truncated, letter.raw[:20]) == (True, post(2, NOW)[:20])


def test_the_first_bad_record_is_named_and_the_others_are_counted(system: System) -> None:
    path = system.folder / "mixed.ndjson"
    path.write_bytes(b"\n".join([post(1, NOW), b"not JSON", b"{}"]))
    with system.process("ingest", "files", str(path)) as process:
        assert process.wait(60) == 0
    said = (system.folder / "ingest.log").read_text(encoding="utf-8").splitlines()
    assert said[0].startswith("mixed.ndjson:2: malformed-json: ")
    assert said[0].endswith(" (it becomes a dead letter)")
    assert said[1] == "1 more like it"


async def test_standard_input_is_read(system: System) -> None:
    said = system.tocsin("ingest", "files", "-", "--json", input=post(1, NOW) + b"\n")
    assert orjson.loads(said)["sent"] == 1
    assert len(await topic(system.settings, "posts")) == 1


def test_old_records_come_with_a_warning_that_names_the_way_out(system: System) -> None:
    path = system.folder / "old.ndjson"
    path.write_bytes(post(1, parse_instant("2016-10-01T00:00:00Z")))
    with system.process("ingest", "files", str(path)) as process:
        process.wait(60)
    said = (system.folder / "ingest.log").read_text(encoding="utf-8")
    assert "1 of 1 record is older than the topics keep" in said
    assert "--span 6d" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-", "--span", "6d"], "standard input"),
        (["no-such-file"], "no-such-file: no such file"),
        (["pyproject.toml", "--span", "6"], "with its unit"),
        (["pyproject.toml", "--span", "6d", "--until", "noon"], "expected an instant"),
        (["pyproject.toml", "--span", "0d"], "above 0"),
        (["pyproject.toml"], "expected NDJSON: one JSON object a line"),
        (["pyproject.toml", "--until", "2025-03-14T12:00:00Z"], "give --span too"),
        (["pyproject.toml", "--speed", "0"], "above 0"),
    ],
)
def test_a_mistake_is_one_line(system: System, arguments: list[str], message: str) -> None:
    said = system.tocsin("ingest", "files", *arguments, expect=None)
    with system.process("ingest", "files", *arguments) as process:
        assert process.wait(60) in (2, 65, 66)
    lines = (system.folder / "ingest.log").read_text(encoding="utf-8").splitlines()
    assert said == ""
    assert len(lines) == 1
    assert message in lines[0]


def test_without_topics_the_command_to_create_them_is_named(
    kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path
) -> None:
    path = tmp_path / "posts.ndjson"
    path.write_bytes(post(1, NOW))
    said = System(kafka, redis_server, prefix, tmp_path).tocsin("ingest", "files", str(path), expect=69)
    assert "run `tocsin topics create`" in said


async def test_a_table_comes_in_by_a_map_of_its_columns(system: System) -> None:
    """Each row once, at its own time; one that breaks the schema goes on for the worker to refuse."""
    path = system.folder / "vk.csv"
    rows = "".join(f'{n},"Курск, {n}",{to_text(NOW - HOUR)},ada\n' for n in range(500))
    path.write_text(f"Post ID,Text,Date,User\n{rows}500,no author,,\n", encoding="utf-8")
    columns = "id=Post ID,text=Text,created_at=Date,author.handle=User"
    assert system.tocsin_json("ingest", "files", str(path), "--columns", columns, "--set", "platform=vk") == [
        {"read": 501, "sent": 501, "posts": 500, "articles": 0, "bad": 1}
    ]
    found = {record.key: record for record in await topic(system.settings, "posts")}
    assert set(found) == {f"vk:{n}".encode() for n in range(501)}
    made = decode_post(found[b"vk:7"].value)
    assert (made.key, found[b"vk:7"].timestamp) == ("vk:7", NOW - HOUR)
