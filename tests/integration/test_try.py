"""POST /try on a real log: what a rule would catch of its last records, and what is refused."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession, web

from streams.embedded import HOST
from streams.scans import trial
from streams.settings import Settings
from streams.web import trying
from streams.web.app import build
from tests.brokers import Kafka, Redis, eventually
from tests.integration.system import System

pytestmark = pytest.mark.integration

JSON = {"Content-Type": "application/json"}


def line(number: int, text: str, op: str = "create", version: int = 0) -> bytes:
    return orjson.dumps(
        {
            "platform": "x", "id": str(number), "op": op, "version": version, "text": text,
            "author": {"id": str(number), "handle": f"user{number}"}, "url": f"https://x.com/user{number}/1",
        }
    )  # fmt: skip


LOG = [
    *(line(number, "Nothing to see") for number in range(30)),
    *(line(number, f"Kursk news {number}") for number in range(30, 40)),
    line(30, "never mind", "edit", 1),
    orjson.dumps({"platform": "x", "id": "31", "op": "delete", "version": 1}),
    line(0, "Kursk after all", "edit", 1),
    b"{broken",
]


@pytest.fixture(scope="module")
def settings(
    kafka_session: Kafka, redis_session: Redis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """A log of posts, and nothing that counts them; every test here only reads."""
    kafka_session.start()
    redis_session.start()
    prefix = f"try-{uuid.uuid4().hex[:8]}-"
    system = System(kafka_session, redis_session, prefix, tmp_path_factory.mktemp("try"))
    system.create_topics()
    system.tocsin("ingest", "files", "-", input=b"\n".join(LOG), expect=None)
    yield system.settings
    kafka_session.delete_topics(prefix)


async def serving(settings: Settings) -> AsyncIterator[ClientSession]:
    runner = web.AppRunner(build(settings))
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    async with ClientSession(f"http://{HOST}:{runner.addresses[0][1]}") as session:
        yield session
    await runner.cleanup()


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[ClientSession]:
    async for session in serving(settings):
        yield session


async def attempt(client: ClientSession, status: int = 200, **body: Any) -> Any:
    async with client.post("/try", json=body) as response:
        answer = await response.json()
        assert response.status == status, answer
        return answer


async def test_what_stands_at_the_end_of_the_log_is_matched_with_its_words(client: ClientSession) -> None:
    """An edit moves a post, a delete takes it away, a bad record is none."""
    found = await attempt(client, rule="kursk (news OR all)")
    assert (found["posts"], found["matched"], found["share"]) == (39, 9, 9 / 39)
    assert found["complete"] is True
    assert found["records"] == len(LOG)
    assert {each["id"] for each in found["samples"]} == {"x:0", *(f"x:{number}" for number in range(32, 40))}
    (moved,) = [each for each in found["samples"] if each["id"] == "x:0"]
    pieces = [["Kursk", "kursk"], [" after ", None], ["all", "all"]]
    assert moved["passages"] == [{"field": "text", "pieces": pieces, "cut": [False, False]}]
    assert (moved["author"], moved["url"]) == ("user0", "https://x.com/user0/1")


async def test_a_rule_is_told_as_it_was_understood(client: ClientSession) -> None:
    found = await attempt(client, rule="lemma:surrender -(the)")
    assert found["normal"] == "lemma:surrender -the"
    assert "surrendered" in found["lemmas"][0]["forms"]
    assert 0 < found["looked_at"] < 1
    assert found["dearest"] == "surrender*" or found["dearest"].startswith("surrender")
    assert (await attempt(client, rule="the"))["warnings"][0].startswith("true of about")


async def test_only_the_last_records_are_read_whatever_partition_they_lie_in(client: ClientSession) -> None:
    found = await attempt(client, rule="kursk", records=12)
    assert found["records"] == 12
    assert found["posts"] <= 12


@pytest.mark.parametrize(
    ("rule", "place", "problem"),
    [
        ("kursk and surrender", (1, 7), "found 'and'"),
        ("kursk\n  (surrender", (2, 3), "never closed"),
        ("list:nobody", (1, 1), "unknown list"),
        ("-kursk", (1, 1), "without a single word"),
    ],
)
async def test_a_mistake_is_told_with_its_column(
    client: ClientSession, rule: str, place: tuple[int, int], problem: str
) -> None:
    found = await attempt(client, 400, rule=rule)
    assert (found["line"], found["column"]) == place
    assert problem in found["problem"]


async def test_what_is_no_rule_is_refused_in_one_line(client: ClientSession) -> None:
    for body, headers, status, said in (
        (b'{"rule": "kursk"}', {"Content-Type": "text/plain"}, 415, "application/json"),
        (b"kursk", JSON, 400, "expected {"),
        (b'{"rule": "kursk", "records": 100000000}', JSON, 400, "records"),
        (b'{"rule": "' + b"x" * trying.MOST + b'"}', JSON, 413, "4,096"),
    ):
        async with client.post("/try", data=body, headers=headers) as response:
            assert response.status == status
            assert said in (await response.json())["error"]


async def test_one_rule_at_a_time(client: ClientSession) -> None:
    """A second one is told to come back; the first has its answer, and then the next is taken."""
    answers = await asyncio.gather(*(client.post("/try", json={"rule": "kursk"}) for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [200, 429, 429]
    assert {answer.headers.get("Retry-After") for answer in answers if answer.status == 429} == {"2"}
    await attempt(client, rule="kursk")


async def test_reading_ends_where_its_bytes_run_out(client: ClientSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "MOST_BYTES", 1)
    monkeypatch.setattr(trial, "SLICE", 10)
    found = await attempt(client, rule="kursk")
    assert found["complete"] is False
    assert 0 < found["records"] <= 10


async def test_pulse_tells_how_many_records_nobody_has_counted(client: ClientSession) -> None:
    async def told() -> bool:
        async with client.get("/pulse") as response:
            answer = await response.json()
        assert answer["behind"] in (None, len(LOG)), answer  # None: Kafka did not answer within five seconds
        return bool(answer == {"kafka": None, "behind": len(LOG), "counted_until": None})

    await eventually(told, 60, "the pulse never said how many records nobody has counted")


async def test_while_kafka_is_away_the_rest_goes_on(settings: Settings) -> None:
    async for client in serving(replace(settings, kafka=f"{HOST}:9")):
        assert "TOCSIN_KAFKA" in (await attempt(client, 503, rule="kursk"))["error"]
        async with client.get("/pulse") as response:
            assert "TOCSIN_KAFKA" in (await response.json())["kafka"]
        async with client.get("/trends") as response:
            assert (await response.json())["events"] == []
        await attempt(client, 400, rule="kursk AND")
