"""`tocsin forget`: what the log holds of an author or a post is deleted, once, and stays out when it is fed again."""

import orjson
import pytest

from tests.brokers import Kafka, Redis, eventually_sync
from tests.integration.system import System


def post(number: int, handle: str, version: int = 0, op: str = "create", **more: object) -> dict[str, object]:
    author = {"id": f"id-{handle.lower()}", "handle": handle}
    made = {"platform": "x", "id": str(number), "op": op, "version": version, "author": author, "text": "kursk offer"}
    return {**made, **more}


RECORDS = [
    post(1, "Ann"),
    post(2, "ann"),
    post(2, "ann", 7, "edit"),
    post(3, "bob"),
    post(4, "ann"),
    {"platform": "x", "id": "4", "op": "delete", "version": 9},
    post(5, "bob", kind="repost", reposted={"author": {"id": "id-ann", "handle": "ann"}, "text": "kursk offer"}),
    {**post(6, "ann"), "platform": "mastodon"},
    {"url": "https://a.example/1", "op": "create", "version": 0, "title": "Kursk", "outlet": {"domain": "a.example"}},
]
LINES = b"".join(orjson.dumps(record) + b"\n" for record in RECORDS)


@pytest.fixture
def system(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: object) -> System:
    made = System(kafka, redis_server, prefix, tmp_path)  # type: ignore[arg-type]
    made.create_topics()
    made.tocsin("ingest", "files", "-", input=LINES + b"no record\n")
    return made


def test_an_author_or_a_post_is_found_and_deleted_once(system: System) -> None:
    assert system.tocsin("forget", "x/@ANN", "--dry-run") == "x/@ANN: 2 records to delete, 1 deleted before\n"
    assert "say --yes" in system.tocsin("forget", "x/ann", expect=2, input=b"")
    assert system.tocsin_json("forget", "x/id-ann", "--by-id", "--yes") == [{"found": 3, "deleted": 2, "already": 1}]
    assert system.tocsin_json("forget", "x/ann", "--yes") == [{"found": 3, "deleted": 0, "already": 3}]
    assert system.tocsin("forget", "x:3", "--yes") == "x:3: 1 record deleted, 0 deleted before\n"
    assert system.tocsin("forget", "https://a.example/1", "--yes").startswith("https://a.example/1: 1 record deleted")
    assert "holds nothing of x/nobody" in system.tocsin("forget", "x/nobody", "--yes", expect=1)
    assert "names neither an author" in system.tocsin("forget", "ann", "--yes", expect=2)


def test_what_is_forgotten_stays_out_of_the_counts(system: System) -> None:
    event = system.folder / "kursk.yaml"
    event.write_text("id: kursk\ntitle: Kursk\nmatch: |\n  kursk\n", encoding="utf-8")
    system.tocsin("events", "apply", str(event))

    with system.worker():
        eventually_sync(lambda: system.posts("kursk") == 6, 60, "the posts were never counted")
        system.tocsin("forget", "x/ann", "--yes")
        system.tocsin("ingest", "files", "-", input=LINES)
        eventually_sync(lambda: system.posts("kursk") == 4, 60, "what was forgotten still counts")
        assert system.recounts("kursk")["kursk"]["equal"]
