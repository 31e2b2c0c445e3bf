"""`tocsin serve` and `tocsin trends` over a real Redis and a real broker, through real HTTP."""

import asyncio
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession

from schemas import Connector, Spell, TrackedEvent
from streams.connections import RedisLink, admin
from streams.embedded import free_port
from streams.ingest.times import to_text
from streams.settings import Settings
from streams.topics import create
from streams.trends import Catalog, Contribution, Standing, Store, digest
from streams.trends.connectors import Connectors
from streams.trends.glances import Glance, Glances
from streams.trends.judgements import Judgement, Judgements
from streams.trends.sight import Sights
from streams.web import door, readings, scrapes
from streams.web.exposition import Snapshot
from tests.brokers import Kafka, Redis, eventually, eventually_sync
from tests.integration.log import topic
from tests.integration.serving import RIGHT, get, scrape, serving
from tests.integration.system import System

DELETION = {"platform": "x", "id": "1", "op": "delete", "version": 5}


def event(event_id: str, revision: str = "000000000001") -> TrackedEvent:
    return TrackedEvent(
        id=event_id, title=f"About {event_id}", revision=revision, applied_at=datetime(2025, 3, 14, tzinfo=UTC),
        engine=1, match="kursk", claims={"denied": "no"}, groups={"press": "x"},
    )  # fmt: skip


def standing(tag: str, number: int, at: int) -> Standing:
    contribution = Contribution(
        platform="x", kind="post", lang="en", groups=("press",) if number % 2 else ("other",),
        claims=("denied",) if number % 5 == 0 else (), author=f"x/user{number % 3}",
        fingerprint=bytes([number % 2] * 16), domains=("example.org",),
    )  # fmt: skip
    return Standing(digest(f"x:{number}"), 0, number, 1, at, at, False, {tag: contribution})


@pytest.fixture
def now() -> int:
    """When this test began: tests run long after they were collected."""
    return int(time.time())


@pytest.fixture
async def system(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path, now: int) -> System:
    """Two events, of which `kursk` has ten posts a minute ago and ten two hours ago; a third is being back-filled."""
    made = System(kafka, redis_server, prefix, tmp_path)
    link = RedisLink(made.settings)
    catalog, store = Catalog(link.client, made.settings), Store(link.client, made.settings)
    kursk, quiet = event("kursk"), event("quiet")
    for offset, each in enumerate((kursk, quiet)):
        await catalog.propose(each, offset)
        await catalog.take_over(each, offset)
    await catalog.propose(event("kursk", "000000000002"), 7)
    await catalog.propose(event("coming"), 8)
    batch = [standing(kursk.tag, n, now - (90 if n < 10 else 7_200)) for n in range(20)]
    await store.apply(batch, {kursk.tag, quiet.tag})
    await link.close()
    return made


@pytest.fixture
async def client(system: System, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ClientSession]:
    monkeypatch.setattr(readings, "KEEP", -1.0)  # every scrape looks anew
    async for session in serving(system.settings):
        yield session


async def post(
    client: ClientSession, path: str, body: bytes | BytesIO, status: int, headers: dict[str, str] = RIGHT
) -> Any:
    async with client.post(path, data=body, headers=headers) as response:
        answer = await response.json()
        assert response.status == status, answer
        return answer


async def test_metrics_are_those_of_redis_in_the_format_asked_for(client: ClientSession) -> None:
    kind, text = await scrape(client)
    assert kind.startswith("text/plain; version=0.0.4")
    for line in (
        "tocsin_scrape_ok 1.0",
        'tocsin_event_posts{event="kursk",window="5m"} 10.0',
        'tocsin_event_posts{event="kursk",window="24h"} 20.0',
        'tocsin_event_platform_posts{event="kursk",platform="x",window="24h"} 20.0',
        'tocsin_event_group_posts{event="kursk",group="press",window="24h"} 10.0',
        'tocsin_event_claim_posts{claim="denied",event="kursk",window="24h"} 4.0',
        'tocsin_event_claim_group_posts{claim="denied",event="kursk",group="press",window="24h"} 2.0',
        'tocsin_event_authors{event="kursk",window="24h"} 3.0',
        'tocsin_event_texts{event="kursk",window="24h"} 2.0',
        'tocsin_event_matched_total{event="kursk"} 20.0',
        'tocsin_event_retracted_total{event="kursk"} 0.0',
        'tocsin_event_posts{event="quiet",window="24h"} 0.0',
        "tocsin_series_dropped 0.0",
    ):
        assert line in text.splitlines()
    kind, text = await scrape(client, "application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith("# EOF\n")


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
async def test_promtool_finds_nothing_to_say(client: ClientSession) -> None:
    _, text = await scrape(client)
    done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


async def test_while_redis_is_away_nothing_stale_is_shown_and_it_comes_back(
    client: ClientSession, redis_server: Redis
) -> None:
    redis_server.stop()
    _, text = await scrape(client)
    assert "tocsin_scrape_ok 0.0" in text
    assert "tocsin_event" not in text
    assert "TOCSIN_REDIS" in (await get(client, "/readyz", 503))["error"]
    assert "TOCSIN_REDIS" in (await get(client, "/events", 503))["error"]
    await get(client, "/healthz")
    redis_server.start()
    assert 'tocsin_event_posts{event="kursk",window="24h"} 20.0' in (await scrape(client))[1]
    assert await get(client, "/readyz") == {"ok": True, "events": 2}


async def test_until_all_events_are_read_once_it_is_not_ready_and_no_scrape_misleads(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, may_go_on = Glances.of, asyncio.Event()

    async def slow(self: Glances, tags: Collection[str]) -> dict[str, Glance]:
        await may_go_on.wait()
        return await look(self, tags)

    monkeypatch.setattr(Glances, "of", slow)
    monkeypatch.setattr(scrapes, "ANSWER_LIMIT", 0.1)
    async for client in serving(system.settings):
        unread = {"error": "the events are being read for the first time"}
        assert await get(client, "/metrics", 503) == unread
        assert await get(client, "/readyz", 503) == {
            "ok": False,
            "error": "the 2 events are being read for the first time",
        }
        monkeypatch.setattr(scrapes, "ANSWER_LIMIT", 9.0)
        waits = asyncio.create_task(scrape(client))
        may_go_on.set()
        assert 'tocsin_event_posts{event="kursk",window="24h"} 20.0' in (await waits)[1]
        await eventually(partial(is_ready, client), 60, "it never became ready")


async def test_a_redis_that_is_away_at_first_is_said_to_be_and_read_when_it_is_back(
    system: System, redis_server: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrapes, "PAUSE", 0.1)
    read, stopped = readings.Reader.read, asyncio.Event()

    async def late(self: readings.Reader) -> Snapshot:
        await stopped.wait()
        return await read(self)

    monkeypatch.setattr(readings.Reader, "read", late)
    async for client in serving(system.settings):
        redis_server.stop()
        stopped.set()
        assert "tocsin_scrape_ok 0.0" in (await scrape(client))[1]
        assert "TOCSIN_REDIS" in (await get(client, "/readyz", 503))["error"]
        redis_server.start()
        await eventually(partial(is_ready, client), 60, "it never became ready")
        assert 'tocsin_event_posts{event="kursk",window="24h"} 20.0' in (await scrape(client))[1]


async def is_ready(client: ClientSession) -> bool:
    async with client.get("/readyz") as response:
        return response.status == 200


async def test_events_are_listed_with_the_revision_that_is_coming(client: ClientSession) -> None:
    listed = {each["id"]: each for each in (await get(client, "/events"))["events"]}
    assert listed["kursk"] == {
        "id": "kursk", "title": "About kursk", "revision": "000000000001", "pending": "000000000002", "since": None,
        "claims": ["denied"], "groups": ["press"], "judgement": None,
    }  # fmt: skip
    assert (listed["quiet"]["pending"], listed["coming"]["revision"]) == (None, None)


async def test_a_trend_now_and_then(client: ClientSession, now: int) -> None:
    present = await get(client, "/trends/kursk")
    assert present["posts"] == {"1m": 0, "5m": 10, "1h": 10, "24h": 20}
    assert present["windows"]["24h"]["claim_group:denied/press"] == 2
    assert present["authors"]["24h"] == 3
    assert (sum(present["series"]["posts"]), len(present["series"]["posts"])) == (10, 60)
    assert present["top_domains"] == [{"domain": "example.org", "posts": 20}]
    assert [each["posts"] for each in present["top_authors"]] == [7, 7, 6]
    then = await get(client, f"/trends/kursk?at={now - 7_100}")
    assert then["posts"]["24h"] == 10


async def test_how_an_event_is_judged_and_what_was_to_be_expected(
    system: System, client: ClientSession, now: int
) -> None:
    link = RedisLink(system.settings)
    sights, connectors = Sights(link.client, system.settings), Connectors(link.client, system.settings)
    minute = now // 60 * 60
    judgement = Judgement(minute, 10, 0.5, 0, 3, 6.5, 6.5, detected_at=minute - 120)
    await Judgements(link.client, system.settings).write({event("kursk").tag: judgement})
    at = datetime.fromtimestamp(now - 3_600, UTC)
    await connectors.report(Connector("x", "x", at, blind=(Spell(at - timedelta(minutes=5), at),)))
    await sights.note(now - 20 * 86_400)
    await link.close()
    found = await get(client, "/trends/kursk?series=24h")
    assert found["judgement"] == {
        "minute": to_text(minute * 1_000), "observed": 10, "expected": 0.5, "lower": 0, "upper": 3,
        "score": 6.5, "burst": 6.5, "detected_at": to_text((minute - 120) * 1_000), "blind": False,
    }  # fmt: skip
    curve = found["curve"]
    assert (curve["step"], len(curve["posts"]), len(curve["expected"])) == (600, 144, 144)
    assert all(each > 0 for each in curve["expected"])
    assert all(low <= high for low, high in zip(curve["lower"], curve["upper"], strict=True))
    assert sum(filter(None, curve["posts"])) in (10, 20)  # what came a minute ago may stand in a step that goes on
    assert [to_text((now - 3_900) * 1_000)[:16]] == [begin[:16] for begin, _ in curve["blind"]]
    assert "curve" not in await get(client, "/trends/kursk")
    assert len((await get(client, "/trends/kursk?series=28d"))["curve"]["posts"]) == 672
    assert "expected one of 1h, 24h, 7d, 28d" in (await get(client, "/trends/kursk?series=1y", 400))["error"]
    listed = {each["id"]: each["judgement"] for each in (await get(client, "/events"))["events"]}
    assert (listed["kursk"], listed["quiet"]) == (found["judgement"], None)
    _, text = await scrape(client)
    for line in (
        'tocsin_event_expected_posts{event="kursk"} 0.5',
        'tocsin_event_expected_posts_upper{event="kursk"} 3.0',
        'tocsin_event_burst_score{event="kursk"} 6.5',
        'tocsin_connector_blind{connector="x",platform="x"} 1.0',
    ):
        assert line in text.splitlines()


async def test_refusals_are_one_line_of_json(client: ClientSession) -> None:
    assert "no tracked event 'nope'" in (await get(client, "/trends/nope", 404))["error"]
    assert "expected an instant" in (await get(client, "/trends/kursk?at=noon", 400))["error"]
    assert "no such path" in (await get(client, "/nope", 404))["error"]
    assert "takes GET" in (await post(client, "/events", b"", 405))["error"]


async def test_posts_come_in_and_each_has_its_result(system: System, client: ClientSession) -> None:
    async with admin(system.settings) as kafka:
        await create(kafka, system.settings)
    body = orjson.dumps([DELETION, {"platform": "x"}, {**DELETION, "id": "2"}])
    answer = await post(client, "/ingest/posts", body, 207)
    assert answer["results"][0] == {"index": 0, "ok": True, "key": "x:1"}
    assert (answer["results"][1]["index"], answer["results"][1]["reason"]) == (1, "schema")
    assert (answer["sent"], answer["bad"]) == (2, 1)
    assert (await post(client, "/ingest/posts", orjson.dumps(DELETION), 200))["sent"] == 1
    article = {"url": "https://example.org/a", "op": "delete", "version": 1}
    await post(client, "/ingest/articles", orjson.dumps(article), 200)
    assert sorted(record.key for record in await topic(system.settings, "posts")) == [b"x:1", b"x:1", b"x:2"]
    assert [record.key for record in await topic(system.settings, "articles")] == [b"https://example.org/a"]
    _, text = await scrape(client)
    assert f'tocsin_ingest_records_total{{topic="{system.settings.topic("posts")}"}} 3.0' in text


async def test_only_the_right_token_opens(system: System, client: ClientSession) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "secret"},
        {"Authorization": "Bearer sécret"},
    ):
        assert "Bearer TOKEN" in (await post(client, "/ingest/posts", b"[]", 401, headers))["error"]
    closed = Settings.from_environment({**system.variables, "TOCSIN_TOKEN": ""})
    async for session in serving(closed):
        assert "TOCSIN_TOKEN" in (await post(session, "/ingest/posts", b"[]", 403))["error"]


async def test_unreadable_and_huge_bodies_are_refused_whole(client: ClientSession) -> None:
    assert "empty" in (await post(client, "/ingest/posts", b"", 400))["error"]
    assert "no JSON array" in (await post(client, "/ingest/posts", b"[{", 400))["error"]
    assert (
        "larger than 16777216 bytes" in (await post(client, "/ingest/posts", BytesIO(b" " * 17_000_000), 413))["error"]
    )


async def test_what_kafka_does_not_confirm_is_503_and_goes_through_once_kafka_is_back(
    system: System, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "CONFIRM_LIMIT", 3.0)
    async for client in serving(system.settings):
        assert "tocsin topics create" in (await post(client, "/ingest/posts", orjson.dumps(DELETION), 503))["error"]
        async with admin(system.settings) as kafka_admin:
            await create(kafka_admin, system.settings)
        await eventually(partial(_goes_through, client), 60, "the topics are there, but no record goes through")
        kafka.stop()
        assert "TOCSIN_KAFKA" in (await post(client, "/ingest/posts", orjson.dumps(DELETION), 503))["error"]
        await asyncio.to_thread(kafka.start)
        await eventually(partial(_goes_through, client), 60, "Kafka came back, but no record goes through")


async def _goes_through(client: ClientSession) -> bool:
    async with client.post("/ingest/posts", data=orjson.dumps(DELETION), headers=RIGHT) as response:
        return response.status == 200


def test_sigterm_ends_it_and_a_port_in_use_is_one_line(system: System) -> None:
    port = str(free_port())
    with system.process("serve", "--port", port) as process:
        log = system.folder / "serve.log"
        eventually_sync(lambda: "Listening" in log.read_text(encoding="utf-8"), 60, "serve never listened")
        said = system.tocsin("serve", "--port", port, expect=69)
        assert f"cannot listen on 127.0.0.1:{port}" in said
        assert len(said.splitlines()) == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert len(log.read_text(encoding="utf-8").splitlines()) == 1


def test_trends_on_a_terminal(system: System) -> None:
    table = system.tocsin("trends")
    assert "kursk (rebuilding)" in table
    one = system.tocsin("trends", "kursk")
    assert "About kursk" in one
    assert "claim × group" in one
    (found,) = system.tocsin_json("trends", "kursk")
    assert found["posts"]["24h"] == 20
    (everything,) = system.tocsin_json("trends")
    assert [each["event"] for each in everything["events"]] == ["kursk", "quiet"]


def test_trends_names_the_nearest_event_and_one_that_is_coming(system: System) -> None:
    assert "did you mean 'kursk'?" in system.tocsin("trends", "kurks", expect=2)
    assert "did you mean 'quiet'?" in system.tocsin("trends", "ui", expect=2)
    assert "being counted from the log" in system.tocsin("trends", "coming", "--wait", "0s", expect=75)


async def test_trends_waits_for_an_event_that_is_counted_for_the_first_time(system: System) -> None:
    with system.process("trends", "coming") as process:
        log = system.folder / "trends.log"
        await eventually(lambda: "waiting" in log.read_text(encoding="utf-8"), 60, "nothing was waited for")
        link = RedisLink(system.settings)
        await Catalog(link.client, system.settings).take_over(event("coming"), 8)
        await link.close()
        out, _ = await asyncio.to_thread(process.communicate, timeout=60)
    assert process.returncode == 0
    assert "About coming" in out.decode()


def test_trends_without_redis_ends_with_one_line(system: System) -> None:
    system.variables["TOCSIN_REDIS"] = "redis://:hidden@127.0.0.1:1/0"
    said = system.tocsin("trends", expect=69)
    assert "127.0.0.1:1 (TOCSIN_REDIS) did not answer within 5 s (connection refused)" in said.splitlines()[-1]
    assert "hidden" not in said
