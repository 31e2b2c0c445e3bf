"""A worker on real Kafka and Redis: what it does with rules that change, rubbish, absences and the end."""

import base64
import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis as Client

from schemas import DeadLetter
from schemas.dead_letter import MAX_RAW_BYTES
from streams.connections import admin, committed, log_partitions
from streams.embedded import free_port
from streams.trends import Applied
from tests.brokers import ROOT, Kafka, Redis, eventually
from tests.integration.log import post, produce, topic
from tests.integration.system import System

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def system(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> System:
    system = System(kafka, redis_server, prefix, tmp_path)
    system.create_topics()
    return system


async def read_all(system: System, name: str) -> list[dict[str, Any]]:
    """Every record of a topic as JSON."""
    return [json.loads(record.value) for record in await topic(system.settings, name)]


async def test_a_changed_rule_is_in_force_within_five_seconds_and_counts_what_was_there(system: System) -> None:
    system.tocsin("events", "apply", system.write_event("hello"))
    with system.worker():
        await produce(system, post(1, "hello"), post(2, "bonjour"), post(3, "hello bonjour"))
        await eventually(lambda: system.posts("greeting") == 2, 60, "the first rule was never counted")
        system.tocsin("events", "apply", system.write_event("bonjour -hello"))
        # Promised within 5 s, where the machine has nothing else to do.
        await eventually(lambda: system.posts("greeting") == 1, 30, "the changed rule did not take over in time")
        await produce(system, post(4, "bonjour"))
        await eventually(lambda: system.posts("greeting") == 2, 60, "a post after the change was never counted")
        assert system.recounts("greeting")["greeting"]["equal"]
        system.tocsin("events", "remove", "greeting")
        await eventually(lambda: system.posts("greeting") == 0, 60, "the removed event still counts")


NESTED = b'{"platform":"x","id":"1","op":"delete","version":1,"deep":' + b"[" * 10_000 + b"]" * 10_000 + b"}"

BAD: dict[str, dict[str, object] | bytes] = {
    "malformed-json": b'{"platform": "x",',
    "invalid-utf8": b'{"platform": "x", "id": "\xff"}',
    "nul": post(90, "a\0b"),
    "too-deep": NESTED,
    "schema: type": post(91, "x", version="one"),
    "schema: missing": {"platform": "x", "id": "92", "op": "create", "version": 0},
    "schema: op": post(93, "x", op="explode"),
    "schema: negative": post(94, "x", version=-1),
    "schema: date": post(95, "x", created_at="the other day"),
    "schema: huge": post(96, "hello " * 350_000),
    "key-mismatch": json.dumps(post(97, "hello")).encode(),
}


async def test_bad_records_become_dead_letters_and_the_run_goes_on(system: System) -> None:
    system.tocsin("events", "apply", system.write_event("hello"))
    future = post(2, "hello", created_at="2100-01-01T00:00:00Z")
    ancient = post(3, "hello", created_at="1970-01-01T00:00:00Z")
    await produce(system, post(1, "hello"), *BAD.values(), future, ancient)
    with system.worker():
        reports = system.recounts("greeting")
        assert reports["greeting"]["equal"]
        assert reports["greeting"]["posts"] == 3
        letters = await read_all(system, "dead-letters")
    assert sorted(letter["reason"] for letter in letters) == sorted(name.split(":")[0] for name in BAD)
    assert {letter["topic"] for letter in letters} == {system.settings.topic("posts")}
    cut = [letter for letter in letters if letter.get("truncated")]
    assert [len(base64.b64decode(letter["raw"])) for letter in cut] == [MAX_RAW_BYTES]
    assert all(set(letter) <= set(DeadLetter.__struct_fields__) for letter in letters)


async def test_a_match_says_who_matched_and_which_words_made_it(system: System) -> None:
    system.tocsin("events", "apply", system.write_event("hello"))
    await produce(system, post(1, "well, Hello there"), post(2, "nothing"))
    with system.worker():
        system.recounts("greeting")
        matches = await read_all(system, "matches")
    assert {match["id"] for match in matches} == {"x:1"}
    (event,) = matches[0]["events"]
    assert event["id"] == "greeting"
    assert event["spans"] == [{"field": "text", "start": 6, "end": 11, "term": "hello"}]
    assert "there" not in json.dumps(matches)


async def test_edits_deletes_and_an_undelete_move_the_counts(system: System) -> None:
    system.tocsin("events", "apply", system.write_event("hello"))
    with system.worker():
        await produce(system, post(1, "hello"), post(2, "hello"), post(3, "hello"), post(4, "bye"))
        await eventually(lambda: system.posts("greeting") == 3, 60, "the creates were never counted")
        deletion = {"platform": "x", "id": "2", "op": "delete", "version": 2_000}
        await produce(
            system, post(1, "bye", op="edit", version=1_000), deletion, post(4, "hello", op="edit", version=9)
        )
        await eventually(lambda: system.posts("greeting") == 2, 60, "edit and delete never moved the count")
        await produce(system, post(2, "hello", op="undelete", version=3_000), deletion, post(3, "hello"))
        await eventually(lambda: system.posts("greeting") == 3, 60, "the undelete never moved the count")
        assert system.recounts("greeting")["greeting"]["equal"]


async def test_sigterm_drains_within_ten_seconds_and_metrics_tell_what_was_done(system: System) -> None:
    port = free_port()
    system.tocsin("events", "apply", system.write_event("hello"))
    await produce(system, *(post(number, "hello") for number in range(50)), b"{")
    with system.process("worker", TOCSIN_WORKER_PORT=str(port)) as worker:

        def metrics() -> str:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                    return str(answer.read().decode())
            except OSError:
                return ""

        await eventually(lambda: 'tocsin_worker_records_total{kind="post"} 51.0' in metrics(), 60, "51 never read")
        said = metrics()
        assert "tocsin_worker_matched_total 50.0" in said
        assert 'tocsin_worker_dead_letters_total{reason="malformed-json"} 1.0' in said
        for page in ("healthz", "readyz"):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=5) as answer:
                assert json.load(answer)["ok"] is True
        backlog = 30_000
        await produce(system, *(post(number, "hello again") for number in range(backlog)))
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=10) == 0
    async with admin(system.settings) as client:
        partitions = await log_partitions(client, system.settings)
        commits = {tp: found.offset for tp, found in (await committed(client, system.settings, partitions)).items()}
    async with Client.from_url(system.settings.redis) as redis:
        applied = await Applied(redis, system.settings).read(list(commits))
    assert sum(commits.values()) < backlog, "the worker was not told in the midst of work"
    to_redo = {tp: (applied[tp] or 0) - offset for tp, offset in commits.items()}
    assert max(to_redo.values()) <= system.settings.run_records


@pytest.mark.parametrize("program", [["-m", "streams", "worker"], ["-m", "faust", "-A", "streams.app", "worker"]])
@pytest.mark.parametrize("absent", ["TOCSIN_KAFKA", "TOCSIN_REDIS"])
def test_an_absent_kafka_or_redis_is_one_line_and_an_exit_code(system: System, absent: str, program: list[str]) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    address = nowhere if absent == "TOCSIN_KAFKA" else f"redis://{nowhere}/0"
    environment = system.environment() | {absent: address, "TOCSIN_START_LIMIT": "2s", "TOCSIN_LOG_LEVEL": "ERROR"}
    done = subprocess.run([sys.executable, *program], cwd=ROOT, env=environment, capture_output=True, timeout=60)
    said = done.stderr.decode()
    assert done.returncode == 69
    assert "Traceback" not in said
    (line,) = [line for line in said.splitlines() if line.startswith("tocsin")]
    assert nowhere in line
    assert absent in line


def test_missing_topics_are_named_with_the_command_that_creates_them(
    kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path
) -> None:
    said = System(kafka, redis_server, prefix, tmp_path).tocsin("worker", expect=69)
    assert f"{prefix}posts" in said
    assert "tocsin topics create" in said
