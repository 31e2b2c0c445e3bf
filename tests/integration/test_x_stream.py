"""The connector `x` against a filtered stream on loopback that keeps its rules, drops, limits and goes silent."""

import asyncio
import time
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from schemas import Post
from streams.errors import UserError
from streams.ingest.x import Options, Rule, Stream
from tests.brokers import Kafka, Redis, eventually
from tests.integration.connecting import posts, report, served, working
from tests.integration.counting import counting
from tests.integration.log import topic
from tests.integration.system import System

TOKEN = "hush-hush"
EPOCH = 1_288_834_974_657
START = int(time.time() * 1_000) - 60_000


@pytest.fixture
def system(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> System:
    return System(kafka, redis_server, prefix, tmp_path)


def identifier(number: int) -> str:
    return str((START + number - EPOCH) << 22)


def line(number: int, text: str = "", history: list[str] | None = None) -> bytes:
    created = datetime.fromtimestamp((START + number) / 1_000, UTC).isoformat(timespec="milliseconds")
    data = {
        "id": identifier(number), "text": text or f"Kursk {number}", "author_id": "7", "created_at": created[:-6] + "Z",
        "edit_history_tweet_ids": history or [identifier(number)],
    }  # fmt: skip
    users = [{"id": "7", "username": "someone", "name": "Some One"}]
    return orjson.dumps({"data": data, "includes": {"users": users}, "matching_rules": [{"id": "1"}]}) + b"\r\n"


def ends(title: str) -> bytes:
    return orjson.dumps({"errors": [{"title": title, "disconnect_type": "UpstreamOperationalDisconnect"}]}) + b"\r\n"


class Platform:
    """A stream that plays one of `scripts` a connection, then keeps alive; rules by id, as X keeps them."""

    def __init__(self) -> None:
        self.scripts: list[list[bytes]] = []
        self.answers: list[web.Response] = []
        """What the next connections get instead."""
        self.connections: list[dict[str, str]] = []
        self.silent = False
        self.rules: dict[str, dict[str, str]] = {}
        self.asked: list[tuple[str, Any]] = []
        self.application = web.Application()
        self.application.add_routes(
            [
                web.get("/2/tweets/search/stream", self.stream),
                web.get("/2/tweets/search/stream/rules", self.list_rules),
                web.post("/2/tweets/search/stream/rules", self.change_rules),
            ]
        )

    async def stream(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"title": "Unauthorized", "detail": "Unauthorized"}, status=401)
        self.connections.append(dict(request.query))
        if self.answers:
            return self.answers.pop(0)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        script = self.scripts.pop(0) if self.scripts else None
        for each in script or ():
            await response.write(each)
        while script is None:
            await response.write(b"\r\n")
            if self.silent:
                self.silent = False
                await asyncio.sleep(60)
            await asyncio.sleep(0.05)
        assert request.transport is not None
        request.transport.abort()
        return response

    async def list_rules(self, request: web.Request) -> web.StreamResponse:
        found = [{"id": key, **rule} for key, rule in self.rules.items()]
        return web.json_response({"data": found, "meta": {}} if found else {"meta": {}})

    async def change_rules(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        dry = request.query.get("dry_run") == "true"
        self.asked.append(("dry run" if dry else next(iter(body)), body))
        for key in body.get("delete", {}).get("ids", ()):
            del self.rules[key]
        bad = [rule for rule in body.get("add", ()) if "(" in rule["value"] and ")" not in rule["value"]]
        if bad:
            errors = [{"title": "UnprocessableEntity", "value": bad[0]["value"], "details": ["missing ')'"]}]
            return web.json_response({"errors": errors}, status=400)
        if not dry:
            for rule in body.get("add", ()):
                self.rules[str(len(self.asked) * 100 + len(self.rules))] = rule
        return web.json_response({"meta": {"summary": {}}}, status=201)


def wants(*rules: Rule) -> Any:
    async def wanted() -> Collection[Rule]:
        return rules

    return wanted


async def test_after_twenty_breaks_every_post_is_in_kafka_and_counts_once(system: System) -> None:
    platform = Platform()
    # Each connection repeats half of the one before, the wrong way round, and is cut in the middle of a line.
    for start in range(0, 400, 20):
        numbers = [*range(start + 19, max(0, start - 10) - 1, -1)]
        platform.scripts.append([*map(line, numbers), b"\r\n", line(start)[:50]])

    def make(session: aiohttp.ClientSession) -> Stream:
        return Stream(session, TOKEN, Options(url=url, backfill=5), None)

    async with (
        counting(system, "kursk") as counted,
        served(platform.application) as url,
        working(system, make) as connector,
    ):
        await eventually(lambda: len(platform.connections) == 21, 60, "it did not connect 21 times")

        async def arrived() -> bool:
            return len(await posts(system.settings)) >= 400 + 19 * 10

        await eventually(arrived, 60, "posts are missing")
        await connector.ended()
        assert connector.waits == [0.25] * 20
        await counted.ends_at(400)
    assert {each.id for each in await posts(system.settings)} == {identifier(number) for number in range(400)}
    assert {each["backfill_minutes"] for each in platform.connections} == {"5"}
    assert (await report(system.settings)).blind == ()


async def test_each_trouble_waits_as_x_asks(system: System) -> None:
    platform = Platform()
    began = int(time.time())
    reset = {"x-rate-limit-reset": str(began + 100)}
    platform.answers = [
        web.Response(status=503), web.Response(status=503), web.Response(status=429), web.Response(status=429),
        web.Response(status=429, headers=reset), web.Response(status=200, text="<html/>", content_type="text/html"),
    ]  # fmt: skip
    platform.scripts = [[], [], [], [line(1), ends("operational-disconnect")]]
    platform.silent = True

    def make(session: aiohttp.ClientSession) -> Stream:
        return Stream(session, TOKEN, Options(url=url, silence=2.0), None)

    async with served(platform.application) as url, working(system, make) as connector:
        await eventually(lambda: len(connector.waits) == 11, 60, "it did not wait eleven times")
        await eventually(lambda: connector.runner.connected, 60, "it never came back")
        waits = connector.waits
    assert waits[:4] == [5.0, 10.0, 60.0, 120.0]
    assert 99 - (time.time() - began) <= waits[4] <= 101  # it was asked some time in between
    assert waits[5] == 20.0
    assert waits[6:9] == [0.25, 0.5, 0.75]  # connections that bring nothing
    assert waits[9:] == [0.25, 0.25]  # X ends the stream after a post; then no keep-alive
    # Without back-fill what came between is lost, and said so.
    assert (await report(system.settings)).blind


async def test_edits_are_the_same_post_and_what_is_no_post_is_told_apart(system: System) -> None:
    platform = Platform()
    gone = orjson.dumps({"data": {"delete": {"tweet": {"id": identifier(2)}, "event_at": "2026-01-01T00:00:00.000Z"}}})
    platform.scripts = [
        [
            line(1), line(900, "Kursk, changed", [identifier(1), identifier(900)]), b'{"data": {"id": 7}}\r\n',
            b"x" * 3_000_000 + b"\r\n", b"not JSON\r\n", gone + b"\r\n",
        ]
    ]  # fmt: skip

    def make(session: aiohttp.ClientSession) -> Stream:
        return Stream(session, TOKEN, Options(url=url), None)

    async with served(platform.application) as url, working(system, make) as connector:

        async def arrived() -> bool:
            return len(await topic(system.settings, "posts")) == 3

        await eventually(arrived, 60, "three records never came")
        await connector.ended()
    found = {each.op: each for each in await posts(system.settings)}
    edit = found["edit"]
    assert isinstance(edit, Post)
    assert (edit.id, edit.text, edit.version) == (identifier(1), "Kursk, changed", START + 900)
    assert found["delete"].id == identifier(2)
    assert len(await topic(system.settings, "dead-letters")) == 3


async def test_rules_follow_and_others_are_left_alone(system: System) -> None:
    platform = Platform()
    platform.rules = {"1": {"value": "cats", "tag": "somebody's"}, "2": {"value": "old", "tag": "tocsin:event"}}

    def make(session: aiohttp.ClientSession) -> Stream:
        return Stream(session, TOKEN, Options(url=url), wants(Rule("kursk", "tocsin:event"), Rule("ray", "tocsin:b")))

    async with served(platform.application) as url, working(system, make) as connector:
        await eventually(lambda: connector.runner.connected, 60, "it never connected")
    kept = {(rule["value"], rule["tag"]) for rule in platform.rules.values()}
    assert kept == {("cats", "somebody's"), ("kursk", "tocsin:event"), ("ray", "tocsin:b")}
    assert [what for what, _ in platform.asked] == ["dry run", "add", "delete"]


async def test_a_rule_that_x_refuses_is_named_and_nothing_changes(system: System) -> None:
    platform = Platform()
    platform.rules = {"2": {"value": "old", "tag": "tocsin:event"}}

    def make(session: aiohttp.ClientSession) -> Stream:
        return Stream(session, TOKEN, Options(url=url), wants(Rule("(kursk", "tocsin:event")))

    async with served(platform.application) as url, working(system, make) as connector:
        with pytest.raises(UserError, match=r"refuses the rule of the event 'event': missing '\)'"):
            await connector.task
    assert list(platform.rules) == ["2"]


async def test_a_wrong_token_ends_the_process_without_showing_it(system: System) -> None:
    platform = Platform()
    wrong = f"not-{TOKEN}"
    async with (
        served(platform.application) as url,
        working(system, lambda s: Stream(s, wrong, Options(url=url), None)) as connector,
    ):
        with pytest.raises(UserError, match="TOCSIN_X_TOKEN") as caught:
            await connector.task
    assert (caught.value.code, TOKEN in str(caught.value)) == (77, False)
