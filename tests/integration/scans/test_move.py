"""`tocsin topics move`: the copy in more partitions counts the same, and goes on where it ended."""

from dataclasses import replace

import orjson
import pytest

from streams.connections import producer
from streams.embedded import free_port
from streams.scans.move import move
from tests.brokers import Kafka, Redis
from tests.integration.log import topic
from tests.integration.system import System


@pytest.fixture
def system(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: object) -> System:
    made = System(kafka, redis_server, prefix, tmp_path)  # type: ignore[arg-type]
    made.create_topics()
    return made


def post(number: int, version: int = 0) -> bytes:
    made = {
        "platform": "x", "id": str(number), "op": "edit" if version else "create", "version": version,
        "author": {"id": "1", "handle": "ann"}, "text": f"kursk offer {version}",
    }  # fmt: skip
    return orjson.dumps(made) + b"\n"


async def test_the_copy_in_more_partitions_counts_the_same(system: System, prefix: str) -> None:
    event = system.folder / "kursk.yaml"
    event.write_text("id: kursk\ntitle: Kursk\nmatch: |\n  kursk\n", encoding="utf-8")
    system.tocsin("events", "apply", str(event))
    system.tocsin("ingest", "files", "-", input=b"".join(post(n) for n in range(50)))
    new = f"{prefix}v2-"
    (first,) = system.tocsin_json("topics", "move", "--to", new, "--partitions", "7")
    assert (first["copied"]["posts"], first["copied"]["tracked-events"], len(first["created"])) == (50, 1, 8)
    system.tocsin("ingest", "files", "-", input=b"".join(post(n, 1) for n in range(50)))
    assert "Copied 50 of posts, 0 of articles" in system.tocsin("topics", "move", "--to", new, "--partitions", "7")
    assert "has 7 partitions, not 9" in system.tocsin("topics", "move", "--to", new, "--partitions", "9", expect=1)
    assert "give the new topics another one" in system.tocsin(
        "topics", "move", "--to", prefix, "--partitions", "7", expect=2
    )
    before = {(record.key, record.value, record.timestamp) for record in await topic(system.settings, "posts")}
    grown = System.__new__(System)
    grown.folder, grown.variables = system.folder, {
        **system.variables, "TOCSIN_TOPIC_PREFIX": new, "TOCSIN_PARTITIONS": "7",
        "TOCSIN_PREFIX": new.rstrip("-"), "TOCSIN_WORKER_PORT": str(free_port()),
    }  # fmt: skip
    grown.settings = type(system.settings).from_environment(grown.variables)
    records = await topic(grown.settings, "posts")
    assert {(record.key, record.value, record.timestamp) for record in records} == before
    for n in range(50):
        own = [record for record in records if record.key == f"x:{n}".encode()]
        assert len({record.partition for record in own}) == 1
        assert [orjson.loads(record.value)["version"] for record in sorted(own, key=lambda each: each.offset)] == [0, 1]
    with grown.worker():
        report = grown.recounts("kursk")["kursk"]
    assert (report["equal"], report["posts"]) == (True, 50)


async def test_what_a_writer_took_back_is_not_copied(system: System, prefix: str) -> None:
    deliveries = system.settings.topic("deliveries")
    async with producer(system.settings, transactional_id=f"{prefix}writer") as writer:
        for value in (b"stands", b"taken back"):
            await writer.begin_transaction()
            await writer.send_and_wait(deliveries, value, key=b"newsroom/1", partition=0)
            await (writer.commit_transaction() if value == b"stands" else writer.abort_transaction())
    new = f"{prefix}v2-"
    moved = await move(system.settings, new, 4)
    assert moved.copied["deliveries"] == 1
    (record,) = await topic(replace(system.settings, topic_prefix=new), "deliveries")
    assert record.value == b"stands"
