"""The connectors `mastodon` and `truthsocial` against a server on loopback that streams, drops, limits and deletes."""

import asyncio
import gzip
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from schemas import Post, PostDeletion
from streams.errors import UserError
from streams.ingest.mastodon import MASTODON, TRUTHSOCIAL, Api, Polling, Server, Streaming
from tests.brokers import Kafka, Redis, eventually
from tests.integration.connecting import posts, report, served, working
from tests.integration.counting import counting
from tests.integration.log import topic
from tests.integration.system import System

ACCOUNT = {"id": "1", "username": "someone", "acct": "someone", "display_name": "Some One"}
EPOCH = int((time.time() - 3_600) * 1_000)


@pytest.fixture
def system(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> System:
    return System(kafka, redis_server, prefix, tmp_path)


def identifier(number: int) -> str:
    """Ids hold their time; these lie a second apart."""
    return str((EPOCH + number * 1_000) << 16)


def status(number: int, **fields: Any) -> dict[str, Any]:
    created = datetime.fromtimestamp(EPOCH / 1_000 + number, UTC).isoformat()
    return {
        "id": identifier(number), "created_at": created, "content": f"<p>Kursk {number}</p>", "account": ACCOUNT,
        "visibility": "public", **fields,
    }  # fmt: skip


class Platform:
    """A server whose timeline holds `statuses` by number; its stream plays `script`, a list of lines a connection."""

    def __init__(self) -> None:
        self.statuses: dict[str, dict[str, Any]] = {}
        self.scripts: list[list[bytes]] = []
        self.answers: list[web.Response] = []
        """What the next requests of timelines get instead."""
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.connections = 0
        self.application = web.Application()
        self.application.add_routes(
            [
                web.get("/api/v1/streaming/public", self.stream),
                web.get("/api/v1/timelines/public", self.timeline),
                web.get("/api/v1/accounts/lookup", self.lookup),
                web.get("/api/v1/accounts/1/statuses", self.timeline),
                web.get("/api/v1/statuses/{id}", self.one),
            ]
        )

    def add(self, number: int, **fields: Any) -> dict[str, Any]:
        made = self.statuses[identifier(number)] = status(number, **fields)
        return made

    async def stream(self, request: web.Request) -> web.StreamResponse:
        self.connections += 1
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        script = self.scripts.pop(0) if self.scripts else None
        for each in script or ():
            await response.write(each)
        if script is None:
            while True:
                await response.write(b":thump\n")
                await asyncio.sleep(0.05)
        assert request.transport is not None
        request.transport.abort()
        return response

    async def timeline(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, dict(request.query)))
        if self.answers:
            return self.answers.pop(0)
        after = int(request.query.get("min_id", 0))
        found = sorted((each for each in self.statuses.values() if int(each["id"]) > after), key=lambda s: int(s["id"]))
        limit = int(request.query["limit"])
        page = found[:limit] if after else found[-limit:]
        return web.json_response(page[::-1])

    async def lookup(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(ACCOUNT if request.query["acct"] == "someone" else {}, status=200)

    async def one(self, request: web.Request) -> web.StreamResponse:
        found = self.statuses.get(request.match_info["id"])
        return web.json_response(found) if found else web.json_response({"error": "Record not found"}, status=404)


def sent(event: str, payload: Any) -> bytes:
    data = payload if isinstance(payload, str) else orjson.dumps(payload).decode()
    return f"event: {event}\ndata: {data}\n\n".encode()


async def test_after_twenty_breaks_every_status_is_in_kafka_and_counts_once(system: System) -> None:
    platform = Platform()
    heard = [platform.add(number) for number in range(400)]
    # Each connection brings the even ones of its twenty, the last line cut off; the odd ones only the timeline has.
    for start in range(0, 400, 20):
        script = [sent("update", each) for each in heard[start : start + 20 : 2]]
        platform.scripts.append([b":)\n", *script[::-1], script[0], sent("update", heard[start])[:40]])

    def make(session: aiohttp.ClientSession) -> Streaming:
        return Streaming(
            Api(session, url, "", ""), Server(MASTODON, "m.example"), "public", "/api/v1/timelines/public", {}
        )

    async with (
        counting(system, "kursk") as counted,
        served(platform.application) as url,
        working(system, make, scale=0.001) as connector,
    ):
        await eventually(lambda: platform.connections == 21, 60, "it did not connect 21 times")

        async def arrived() -> bool:
            return int((await report(system.settings)).cursor or 0) >= int(identifier(399))

        await eventually(arrived, 60, "the last status was never confirmed")
        await connector.ended()
        assert connector.waits == [1.0] * 20
        await counted.ends_at(400)
    found = await posts(system.settings)
    assert {each.id for each in found} == {f"m.example/{identifier(number)}" for number in range(400)}
    ended = await report(system.settings)
    assert ended.blind == ()


async def test_a_stream_tells_edits_and_deletes_and_survives_what_is_none(system: System) -> None:
    platform = Platform()
    created, edited = status(1), status(1, edited_at="2026-11-01T00:00:00Z", content="<p>Kursk, changed</p>")
    platform.scripts.append(
        [
            sent("update", created), sent("status.update", edited), sent("notification", {}),
            sent("update", "not JSON"), b"event: update\ndata: " + b"x" * 5_000_000 + b"\n\n",
            sent("update", status(2, visibility="direct")), sent("delete", identifier(1)), b"event: update\ndata: {",
        ]
    )  # fmt: skip

    def make(session: aiohttp.ClientSession) -> Streaming:
        return Streaming(
            Api(session, url, "", ""), Server(MASTODON, "m.example"), "public", "/api/v1/timelines/public", {}
        )

    async with served(platform.application) as url, working(system, make) as connector:

        async def arrived() -> bool:
            return len(await topic(system.settings, "posts")) == 3

        await eventually(arrived, 60, "three records never came")
        await eventually(lambda: platform.connections == 2, 60, "it did not connect again")
        await connector.ended()
        refused = {reason: each._value.get() for reason, each in connector.runner.metrics.refused.items()}
    create, edit, delete = await posts(system.settings)
    assert (create.op, edit.op, delete.op) == ("create", "edit", "delete")
    assert 0 == create.version < edit.version < delete.version
    assert isinstance(edit, Post)
    assert edit.text == "Kursk, changed"
    assert isinstance(delete, PostDeletion)
    assert (refused["malformed-json"], refused["schema"]) == (1, 1)
    assert len(await topic(system.settings, "dead-letters")) == 2


def truth(session: aiohttp.ClientSession, url: str, *accounts: str, token: str = "t") -> Polling:
    async def at_once(seconds: float) -> None:
        await asyncio.sleep(0.02)

    api = Api(session, url, token, "TOCSIN_TRUTHSOCIAL_TOKEN", at_once)
    return Polling(api, Server(TRUTHSOCIAL), accounts or ("@someone",), [], 30.0)


async def test_polling_tells_what_is_new_edited_and_gone(system: System) -> None:
    platform = Platform()
    for number in range(10):
        platform.add(number)
    async with served(platform.application) as url, working(system, lambda s: truth(s, url)):

        async def ops() -> list[str]:
            return [each.op for each in await posts(system.settings)]

        async def seen(count: int) -> bool:
            return len(await ops()) >= count

        await eventually(lambda: seen(10), 60, "the first page never came")
        platform.add(5, edited_at=datetime.now(UTC).isoformat())
        del platform.statuses[identifier(7)]
        await eventually(lambda: seen(12), 60, "edit and delete never came")
        # More than a page while nobody looked.
        for number in range(10, 120):
            platform.add(number)
        await eventually(lambda: seen(122), 60, "what is older than the newest page never came")
    found = await posts(system.settings)
    assert {each.id for each in found} == {identifier(number) for number in range(120)}
    by_op = {op: [each.id for each in found if each.op == op] for op in ("edit", "delete")}
    assert by_op == {"edit": [identifier(5)], "delete": [identifier(7)]}


async def test_limits_errors_and_error_pages_are_waited_out(system: System) -> None:
    platform = Platform()
    platform.add(1)
    began = time.time()
    reset = datetime.fromtimestamp(began + 100, UTC).isoformat()
    bomb = gzip.compress(b" " * 64 * 1024 * 1024)
    platform.answers = [
        web.Response(status=429, headers={"X-RateLimit-Reset": reset}),
        web.Response(status=503),
        web.Response(text="<html>Just a moment</html>", content_type="text/html"),
        web.Response(text="<html>Blocked</html>", content_type="text/html", status=403),
        web.Response(text="[{", content_type="application/json"),
        web.Response(body=bomb, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}),
    ]
    async with served(platform.application) as url, working(system, lambda s: truth(s, url)) as connector:

        async def arrived() -> bool:
            return len(await topic(system.settings, "posts")) == 1

        await eventually(arrived, 60, "the status never came")
        assert 99 - (time.time() - began) <= connector.waits[0] <= 101  # it was asked some time in between
        assert connector.waits[1:] == [5.0, 10.0, 20.0, 40.0, 80.0]


@pytest.mark.parametrize(
    ("answer", "accounts", "message"),
    [
        (web.json_response({"error": "The access token was revoked"}, status=401), (), "revoked"),
        (
            web.json_response({"error": "Your login is currently disabled"}, status=403),
            (),
            "login is currently disabled",
        ),
        (None, ("nobody",), "knows no account 'nobody'"),
    ],
)
async def test_what_no_waiting_mends_ends_the_process(
    system: System, answer: web.Response | None, accounts: tuple[str, ...], message: str
) -> None:
    platform = Platform()
    platform.answers = [answer] if answer else []
    async with (
        served(platform.application) as url,
        working(system, lambda s: truth(s, url, *accounts, token="hush-hush")) as connector,
    ):
        with pytest.raises(UserError, match=message) as caught:
            await connector.task
    assert "hush-hush" not in str(caught.value)
