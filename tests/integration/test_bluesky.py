"""The connector `bluesky` against a Jetstream on loopback that drops, repeats, mixes up and forgets."""

import asyncio
import random
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from schemas import Post, PostDeletion
from streams.connections import RedisLink
from streams.errors import UserError
from streams.ingest.bluesky import Jetstream, Options
from streams.ingest.times import to_text
from streams.trends.connectors import Connectors
from tests.brokers import Kafka, Redis, eventually
from tests.integration.connecting import posts, report, served, working
from tests.integration.counting import counting
from tests.integration.log import topic
from tests.integration.system import System

POST = "app.bsky.feed.post"
DID = "did:plc:abc"


@pytest.fixture
def system(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> System:
    return System(kafka, redis_server, prefix, tmp_path)


def event(time_us: int, rkey: str, operation: str = "create", **record: Any) -> bytes:
    commit: dict[str, Any] = {"operation": operation, "collection": POST, "rkey": rkey, "rev": "r"}
    if operation != "delete":
        commit["record"] = {"$type": POST, "text": f"Kursk {rkey}", "createdAt": to_text(time_us // 1_000), **record}
    return orjson.dumps({"did": DID, "time_us": time_us, "kind": "commit", "commit": commit})


class Platform:
    """A Jetstream that has `events` in its order, and ends a connection after each of `drops` messages."""

    def __init__(self, events: list[bytes], drops: list[int], kept_from: int = 0) -> None:
        self.events, self.drops, self.kept_from = events, drops, kept_from
        self.cursors: list[int | None] = []
        self.answers: list[int] = []
        """Statuses with which the next connections are refused."""
        self.application = web.Application()
        self.application.add_routes([web.get("/subscribe", self.subscribe)])

    async def subscribe(self, request: web.Request) -> web.StreamResponse:
        text = request.query.get("cursor")
        self.cursors.append(None if text is None else int(text))
        if self.answers:
            return web.Response(status=self.answers.pop(0), headers={"Retry-After": "7"})
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        left = self.drops.pop(0) if self.drops else None
        for raw in self.events:
            time_us = orjson.loads(raw)["time_us"] if raw.startswith(b"{") else 0
            if time_us and time_us < max(self.kept_from, self.cursors[-1] or 0):
                continue
            if left == 0:
                assert request.transport is not None
                request.transport.abort()
                return socket
            left = None if left is None else left - 1
            await socket.send_str(raw.decode())
        await asyncio.wait([asyncio.create_task(socket.receive())])
        return socket


def stream(count: int, start: int) -> list[bytes]:
    """Events a hundredth of a second apart, neighbours now and then the wrong way round."""
    dice = random.Random(7)
    times = [start + number * 10_000 + dice.randrange(-20_000, 20_000) for number in range(count)]
    return [event(time_us, f"r{number}") for number, time_us in enumerate(times)]


async def test_after_twenty_breaks_every_post_is_in_kafka_and_counts_once(system: System) -> None:
    start = int((time.time() - 30) * 1e6)
    platform = Platform(stream(2_000, start), [300, *[560] * 19])
    async with (
        counting(system, "kursk") as counted,
        served(platform.application) as url,
        working(system, lambda s: Jetstream(s, Options(url=f"{url}/subscribe")), scale=0.01) as connector,
    ):
        await eventually(lambda: len(platform.cursors) == 21, 60, "it did not connect 21 times")
        last: int = orjson.loads(platform.events[-1])["time_us"]

        async def arrived() -> bool:
            return int((await report(system.settings)).cursor or 0) >= last

        await eventually(arrived, 60, "the last event was never confirmed")
        await connector.ended()
        await counted.ends_at(2_000)
    found = await posts(system.settings)
    assert {each.id for each in found} == {f"at://{DID}/{POST}/r{number}" for number in range(2_000)}
    # Each break is followed by a look back of five seconds, never by a leap ahead.
    asked = [each for each in platform.cursors if each is not None]
    assert platform.cursors[0] is None
    assert all(before <= after for before, after in pairwise(asked))
    assert connector.waits == [0.5] * 20  # something was heard in between, so the steps begin anew


async def test_refusals_wait_as_the_steps_say_and_as_the_platform_asks(system: System) -> None:
    platform = Platform([event(int(time.time() * 1e6), "r0")], [])
    platform.answers = [503, 503, 429, 503]
    async with (
        served(platform.application) as url,
        working(system, lambda s: Jetstream(s, Options(url=f"{url}/subscribe"))) as connector,
    ):
        await eventually(lambda: connector.runner.connected, 60, "it never connected")
        assert connector.waits == [5.0, 10.0, 7.0, 20.0]


async def test_what_the_platform_no_longer_has_is_a_blind_spell(system: System) -> None:
    now = time.time()
    old, recent = int((now - 7_200) * 1e6), int((now - 5) * 1e6)
    platform = Platform([event(old, "old"), event(recent, "new")], [1], kept_from=0)

    def make(session: aiohttp.ClientSession) -> Jetstream:
        return Jetstream(session, Options(url=url))

    async with served(platform.application) as base:
        url = f"{base}/subscribe"
        async with working(system, make, scale=0.0) as connector:
            await eventually(lambda: len(platform.cursors) == 2, 60, "it never came back")
            await eventually(lambda: connector.runner.connected, 60, "it never came back")
            platform.kept_from = recent
            await connector.ended()
        ended = await report(system.settings)
        assert (ended.blind, ended.blind_since is None) == ((), False)
        platform.events, platform.kept_from = [event(recent + 3_600_000_000, "newer")], recent
        async with working(system, make, scale=0.0):

            async def spells() -> bool:
                return bool((await report(system.settings)).blind)

            await eventually(spells, 60, "no blind spell was reported")
    redis = RedisLink(system.settings)
    try:
        cached = (await Connectors(redis.client, system.settings).reports())["under-test"]
    finally:
        await redis.close()
    (spell,) = cached.blind
    assert now - 1 <= spell.since.timestamp() <= time.time() + 1


async def test_edits_deletes_and_what_is_no_post_are_told_apart(system: System) -> None:
    now = int(time.time() * 1e6)
    like = orjson.loads(event(now + 2, "like"))
    like["commit"]["collection"] = "app.bsky.feed.like"
    identity = {"did": DID, "time_us": now, "kind": "identity", "identity": {"did": DID, "handle": "a.example"}}
    platform = Platform(
        [
            orjson.dumps(identity), event(now + 1, "a"), orjson.dumps(like), b"not JSON",
            event(now + 3_000, "a", "update"), event(now + 4, "b", text=7), event(now + 9_000, "a", "delete"),
        ],
        [],
    )  # fmt: skip
    async with (
        served(platform.application) as url,
        working(system, lambda s: Jetstream(s, Options(url=f"{url}/subscribe"))) as connector,
    ):
        metrics = connector.runner.metrics

        async def arrived() -> bool:
            return len(await topic(system.settings, "posts")) == 3

        await eventually(arrived, 60, "three records never came")
        await connector.ended()
        assert metrics.refused["malformed-json"]._value.get() == 1
        assert metrics.refused["schema"]._value.get() == 1
        assert metrics.records["delete"]._value.get() == 1
    create, edit, delete = await posts(system.settings)
    assert isinstance(create, Post)
    assert isinstance(edit, Post)
    assert isinstance(delete, PostDeletion)
    assert (create.op, edit.op, delete.op) == ("create", "edit", "delete")
    assert 0 == create.version < edit.version <= delete.version
    assert create.author.handle == "a.example"
    assert len(await topic(system.settings, "dead-letters")) == 2


async def test_an_address_that_is_no_jetstream_ends_the_process_with_one_line(system: System) -> None:
    platform = Platform([], [])
    async with served(platform.application) as url, working(system, lambda s: Jetstream(s, Options(url=url))) as it:
        with pytest.raises(UserError, match="set --url to one that ends in /subscribe"):
            await it.task
