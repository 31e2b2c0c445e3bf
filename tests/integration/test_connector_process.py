"""A connector as people run it: a process with its pages, its end, its secrets; and what it brings in the counts."""

import asyncio
import json
import signal
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import web

from schemas import Post
from streams.embedded import free_port
from streams.ingest.bluesky import Jetstream, Options
from tests.brokers import Kafka, Redis, eventually
from tests.integration.connecting import posts, report, served, working
from tests.integration.system import System
from tests.integration.test_bluesky import Platform, event


@pytest.fixture
def system(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> System:
    made = System(kafka, redis_server, prefix, tmp_path)
    made.create_topics()
    return made


def get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return str(answer.read().decode())


async def test_a_process_shows_itself_and_ends_in_good_order(system: System) -> None:
    now = int(time.time() * 1e6)
    platform = Platform([event(now, "a"), event(now + 1, "a", "delete"), b"not JSON"], [])
    port = free_port()
    async with served(platform.application) as url:
        arguments = ("ingest", "bluesky", "--name", "sky", "--url", f"{url}/subscribe")
        with system.process(*arguments, TOCSIN_INGEST_PORT=str(port)) as process:

            async def shows(line: str) -> bool:
                with suppress(OSError):
                    return line in await asyncio.to_thread(get, port, "/metrics")
                return False

            for line in (
                'tocsin_ingest_records_total{connector="sky",kind="post"} 1.0',
                'tocsin_ingest_records_total{connector="sky",kind="delete"} 1.0',
                'tocsin_ingest_refused_total{connector="sky",reason="malformed-json"} 1.0',
                'tocsin_ingest_connected{connector="sky"} 1.0',
            ):
                await eventually(lambda: shows(line), 60, f"/metrics never showed {line}")  # noqa: B023
            health = json.loads(await asyncio.to_thread(get, port, "/healthz"))
            assert (health["ok"], health["connected"]) == (True, True)
            refused = await asyncio.to_thread(system.tocsin, "ingest", "forget", "sky", expect=2)
            assert "stop it first" in refused
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, 60) == 0
        last = await report(system.settings, "sky")
        assert (last.cursor, last.blind_since is not None) == (str(now + 1), True)
        # Under the same name as another platform's it would go on from a cursor that means nothing to it.
        other = await asyncio.to_thread(
            system.tocsin, "ingest", "truthsocial", "--account", "a", "--url", url, "--name", "sky", expect=2
        )
        assert "is one of bluesky, not of truthsocial" in other
    assert "sky is forgotten" in system.tocsin("ingest", "forget", "sky")
    assert "no connector 'sky' is known" in system.tocsin("ingest", "forget", "sky", expect=2)
    assert "Traceback" not in (system.folder / "ingest.log").read_text(encoding="utf-8")


async def test_secrets_come_from_files_and_are_never_shown(system: System) -> None:
    said = await asyncio.to_thread(system.tocsin, "ingest", "x", expect=2)
    assert "TOCSIN_X_TOKEN is not set" in said
    assert len(said.splitlines()) == 1
    secret = system.folder / "token"
    secret.write_text("hush-hush\n", encoding="utf-8")
    seen: list[str] = []

    async def refuse(request: web.Request) -> web.Response:
        seen.append(request.headers["Authorization"])
        return web.json_response({"title": "Unauthorized"}, status=401)

    application = web.Application()
    application.add_routes([web.get("/2/tweets/search/stream", refuse)])
    system.variables["TOCSIN_X_TOKEN_FILE"] = str(secret)
    async with served(application) as url:
        said = await asyncio.to_thread(system.tocsin, "ingest", "x", "--url", url, "--keep-rules", expect=77)
    assert seen == ["Bearer hush-hush"]
    assert "refuses TOCSIN_X_TOKEN (status 401: Unauthorized): set one that is valid" in said
    assert "hush" not in said


async def test_edits_and_deletes_reach_the_counts(system: System) -> None:
    rules = system.folder / "kursk.yaml"
    rules.write_text("id: kursk\ntitle: Kursk\nmatch: |\n  kursk\n", encoding="utf-8")
    system.tocsin("events", "apply", str(rules))
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    now = int(time.time() * 1e6)
    platform = Platform(
        [
            *[event(now + n, f"r{n}", createdAt=created) for n in range(5)],
            event(now + 2_000, "r0", "update", text="quiet", createdAt=created),
            event(now + 3_000, "r1", "delete"),
            event(now + 3_001, "r2", "delete"),
            event(now, "r1", createdAt=created),  # repeated after its deletion
        ],
        [],
    )

    async with served(platform.application) as url:
        with system.worker(), system.process("ingest", "bluesky", "--url", f"{url}/subscribe"):
            await eventually(lambda: system.posts("kursk", "1h") == 2, 60, "2 of 5 posts were never what counts")


@asynccontextmanager
async def firehose(size: int) -> AsyncIterator[tuple[str, list[int], list[int]]]:
    """A Jetstream without an end, an event a millisecond since a minute ago; how many messages it could send."""
    sent = [0]
    start = int((time.time() - 60) * 1e6)

    async def subscribe(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        # A connection that had to wait for long is broken off, and goes on from its cursor.
        number = max(0, int(request.query.get("cursor", start)) - start) // 1_000
        with suppress(ConnectionError):
            while True:
                await socket.send_str(event(start + 1_000 * number, f"r{number}", text="x" * size).decode())
                number += 1
                sent[0] += 1
        return socket

    application = web.Application()
    application.add_routes([web.get("/subscribe", subscribe)])
    async with served(application) as url:
        yield f"{url}/subscribe", sent, [start]


async def test_while_kafka_is_away_the_platform_waits_and_then_nothing_is_missing(
    system: System, apache_kafka: Kafka
) -> None:
    async with (
        firehose(10_000) as (url, sent, start),
        working(system, lambda s: Jetstream(s, Options(url=url))) as connector,
    ):
        await eventually(lambda: sent[0] > 1_000, 60, "nothing came")
        await asyncio.to_thread(apache_kafka.stop)
        stood = sent[0]

        async def stands() -> bool:
            nonlocal stood
            before, stood = stood, sent[0]
            await asyncio.sleep(1.0)
            return before == stood == sent[0]

        await eventually(stands, 60, "the platform was never made to wait")
        waited = sent[0]
        assert waited < 10_000  # 100 MB
        await asyncio.to_thread(apache_kafka.start)
        await eventually(lambda: sent[0] > waited + 1_000, 60, "it did not go on")
        await connector.ended()
    found = {int(each.id.rpartition("/r")[2]) for each in await posts(system.settings) if isinstance(each, Post)}
    # What was on its way when it was stopped may be there in part: it lies beyond the cursor, and is read again.
    confirmed = (int((await report(system.settings)).cursor or 0) - start[0]) // 1_000
    assert set(range(confirmed + 1)) <= found
    assert confirmed > 1_000
