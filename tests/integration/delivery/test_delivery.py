"""Delivery over a real Kafka, a real Redis and real HTTP, in time that passes as it does or faster."""

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from streams.alerts.delivery import Delivery, Measures, Pace
from streams.connections import RedisLink
from streams.tasks import end
from streams.trends import Lease
from tests.brokers import Kafka, Redis, eventually
from tests.integration.delivery.receiver import always, first
from tests.integration.delivery.rig import OLD, Rig, rigged
from tests.integration.serving import RIGHT, get, serving
from tests.integration.system import System

#: A second is 2 ms: five minutes are 0.6 s. But nobody's answer is late because the machine is busy.
FAST = {"second": 0.002, "timeout": 30, "lease": 1, "poll": 0.2}


@pytest.fixture
async def rig(apache_kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with rigged(System(apache_kafka, redis_server, prefix, tmp_path)) as made:
        yield made


async def tocsin(rig: Rig, *arguments: str, expect: int = 0) -> str:
    """Run a command, while the receiver goes on."""
    return await asyncio.to_thread(rig.system.tocsin, *arguments, expect=expect)


async def test_a_receiver_that_hangs_delays_no_other(rig: Rig) -> None:
    hanging = rig.receiver.inbox("hanging", always("nothing"), [OLD])
    calm = rig.receiver.inbox("calm", always("200"), [OLD])
    for name in ("hanging", "calm"):
        rig.endpoint(name)
    with rig.deliverer({"poll": 0.2}):  # time as it is: the hanging one takes 15 s
        for number in range(1, 6):
            began = time.time()
            await rig.ring()
            await eventually(lambda n=number: len(calm.taken) == n, 60)  # type: ignore[misc]
            if number > 1:
                assert time.time() - began < 12, "it waited for the one that hangs"
    assert calm.sequences == [1, 2, 3, 4, 5]
    assert calm.most_under_way == hanging.most_under_way == 1
    assert not hanging.taken
    assert calm.unverified == hanging.unverified == 0


async def test_410_disables_until_a_person_asks_and_a_receiver_can_catch_up_meanwhile(rig: Rig) -> None:
    gone = rig.receiver.inbox("gone", first(["200", "200", "410"], "200"), [OLD])
    rig.endpoint("gone")
    rig.endpoint("late", events=None)
    late = rig.receiver.inbox("late", always("200"), [OLD])

    async def disabled() -> str:
        listed = await tocsin(rig, "alerts", "list")
        return listed if "disabled (gone): tocsin alerts redeliver gone" in listed else ""

    with rig.deliverer(FAST):
        for number in range(1, 5):
            await rig.ring(notify=("late",) if number == 4 else ())
            await eventually(lambda n=number: len(gone.requests) >= min(n, 3), 60)  # type: ignore[misc]
        await eventually(lambda: late.alerts == ["kursk/surge/4"], 60, "the last alert was never handed out")
        assert "kursk/surge/4" in await eventually(disabled, 60, "410 disabled nothing")
        assert len(gone.requests) == 3

        async for client in serving(rig.system.settings):
            answer = await get(client, "/alerts?endpoint=gone&after=1", 200, **RIGHT)
            assert (answer["sequence"], answer["delivered"], answer["kept_from"]) == (4, 2, 1)
            assert [each["sequence"] for each in answer["messages"]] == [2, 3, 4]
            assert answer["messages"][0] == gone.requests[1].json, "as it was sent"
            assert [
                each["sequence"]
                for each in (await get(client, "/alerts?endpoint=gone&limit=1", 200, **RIGHT))["messages"]
            ] == [1]
            assert [each["id"] for each in (await get(client, "/alerts"))["alerts"]] == rig.rung
            for query, status in (
                ("endpoint=gone&after=x", 400),
                ("endpoint=gone&limit=0", 400),
                ("limit=501", 400),
                ("endpoint=who", 404),
            ):
                await get(client, f"/alerts?{query}", status, **RIGHT)
            await get(client, "/alerts?endpoint=gone", 401)

        assert await tocsin(rig, "alerts", "redeliver", "gone") == "gone: asked for; 2 messages, from sequence 3 on\n"
        await eventually(lambda: gone.sequences == [1, 2, 3, 4], 60)
        assert (await tocsin(rig, "alerts", "redeliver", "gone", "--after", "2")).endswith(
            "2 messages, from sequence 3 on\n"
        )
        await eventually(lambda: len(gone.requests) == 7, 60)
        again = [(each.id, each.json["sequence"]) for each in gone.requests[-2:]]
        assert again == [(each.id, each.json["sequence"]) for each in gone.requests[-4:-2]], (
            "the same ids and sequences"
        )
        await rig.ring()
        await eventually(lambda: gone.sequences == [1, 2, 3, 4, 5], 60, "it goes on where it was")
    assert late.alerts == ["kursk/surge/4"], "by the event's notify"
    shown = json.loads(await tocsin(rig, "alerts", "show", "kursk/surge/4"))
    assert shown["alert"]["event"] == "kursk"
    assert {(each["endpoint"], each["sequence"], each["delivered"]) for each in shown["messages"]} == {
        ("gone", 4, True), ("late", 1, True),
    }  # fmt: skip
    assert "no alert 'nobody'" in await tocsin(rig, "alerts", "show", "nobody", expect=2)
    assert "no message was ever made" in await tocsin(rig, "alerts", "redeliver", "nobody", expect=2)


async def test_alerts_of_the_past_are_not_delivered_unless_asked_for(rig: Rig) -> None:
    usual = rig.receiver.inbox("usual", always("200"), [OLD])
    eager = rig.receiver.inbox("eager", always("200"), [OLD])
    rig.endpoint("usual")
    rig.endpoint("eager", backfill=True)
    with rig.deliverer(FAST):
        await rig.ring(backfill=True)
        await eventually(lambda: eager.sequences == [1], 60)
        await rig.ring()
        await eventually(lambda: usual.sequences == [1] and eager.sequences == [1, 2], 60)
    assert usual.alerts == ["kursk/surge/2"]


async def test_a_name_that_leads_to_a_private_address_gets_nothing(rig: Rig) -> None:
    refused = rig.receiver.inbox("refused", always("200"), [OLD])
    calm = rig.receiver.inbox("calm", always("200"), [OLD])
    # A name that only this machine's own table knows, and not the check for `localhost`.
    rig.endpoint(
        "refused", url=rig.receiver.url("refused").replace("127.0.0.1", socket.gethostname()), allow_private=None
    )
    rig.endpoint("unknown", url="https://no-such-name.invalid/")
    rig.endpoint("calm")
    with rig.deliverer(FAST):
        await rig.ring()
        await eventually(lambda: calm.sequences == [1], 60)
        await eventually(lambda: "is private: set `allow_private: true`" in rig.log, 60)
        await eventually(lambda: "its name cannot be resolved" in rig.log, 60)
    assert not refused.requests
    assert "is private" in await tocsin(rig, "alerts", "test", "refused", expect=1)
    assert "cannot be resolved" in await tocsin(rig, "alerts", "test", "unknown", expect=1)
    assert not refused.requests


async def test_an_endpoint_gets_no_more_requests_a_minute_than_it_takes(rig: Rig) -> None:
    slow = rig.receiver.inbox("slow", always("200"), [OLD])
    rig.endpoint("slow", rate=3)
    minute = 60 * 0.1  # a tenth of it is more than this process is likely to be held up
    with rig.deliverer(FAST | {"second": 0.1, "timeout": 30}):
        await rig.ring(5)
        await eventually(lambda: slow.sequences == [1, 2, 3, 4, 5], 60)
    times = [each.at for each in slow.requests]
    assert all(later - earlier > 0.9 * minute for earlier, later in zip(times, times[3:], strict=False))


async def test_whoever_cannot_reach_kafka_leaves_delivering_to_another(
    rig: Rig, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.alerts.delivery.delivery._ANSWER_SECONDS", 0.5)
    calm = rig.receiver.inbox("calm", always("200"), [OLD])
    rig.endpoint("calm")
    settings = replace(rig.system.settings, endpoints=str(rig.file))
    link = RedisLink(settings)
    pace = Pace(second=0.002, lease=1, poll=0.2)
    delivering = asyncio.create_task(Delivery(settings, link.client, Measures(CollectorRegistry()), pace).follow())
    another = Lease(link.client, settings, "delivery", "another", 60)
    try:
        await rig.ring()
        await eventually(lambda: calm.sequences == [1], 60)
        assert not await another.take()
        os.kill(kafka.server.pid, signal.SIGSTOP)
        await eventually(another.take, 60, "the lease was never given up")
    finally:
        os.kill(kafka.server.pid, signal.SIGCONT)
        await end([delivering])
        await link.close()
