"""Receivers that misbehave in every way, while whoever delivers is killed, paused, and loses Redis and Kafka.

What must come out: every endpoint got every alert, in order, under sequences without gaps, each message processed once
by a receiver that goes by webhook-id; and what was delivered was not sent again, but for the attempt at a kill.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

import pytest
from redis.asyncio import Redis as Client

from streams.alerts.delivery import Archive
from streams.alerts.delivery.grouping import MOST_GROUPED
from tests.brokers import Kafka, Redis, eventually
from tests.integration.delivery.receiver import Inbox, Request, always, first, randomly
from tests.integration.delivery.rig import NEW, OLD, Rig, rigged
from tests.integration.system import System

#: A second is 1 ms: the schedule is 5 ms, 0.3 s, 1.8 s, 7.2 s and so on, and five days are 7 minutes.
PACE = {"second": 0.001, "timeout": 0.5, "lease": 1, "poll": 0.1}
SEED = 11

#: What a stormy receiver does, and how often in a hundred.
STORM = {
    "200": 52, "500": 7, "429 Retry-After: 300": 6, "503 Retry-After: Mon, 01 Jan 2024 00:00:00 GMT": 3,
    "301 Location: /elsewhere": 5, "garbage": 5, "nothing": 5, "drip": 4, "reset": 5, "took-reset": 4, "took-500": 4,
}  # fmt: skip


@pytest.fixture
async def rig(apache_kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with rigged(System(apache_kafka, redis_server, prefix, tmp_path)) as made:
        yield made


class Faults:
    """Two processes that deliver, and what befalls them."""

    def __init__(self, rig: Rig, redis: Redis, kafka: Kafka) -> None:
        self.kills = 0
        self._rig, self._redis, self._kafka = rig, redis, kafka
        self.processes = [rig.start(PACE), rig.start(PACE)]

    async def kill(self, *which: int) -> None:
        """SIGKILL, and new processes in their place."""
        for each in which:
            self._rig.end(self.processes[each])
            self.kills += 1
        for each in which:
            self.processes[each] = self._rig.start(PACE)

    async def pause(self) -> None:
        """SIGSTOP whoever delivers until another does, then SIGCONT: it doesn't know that it is another by now."""
        before = self._rig.takeovers
        (paused,) = [each for each in self.processes if each.pid == before[-1]]
        paused.send_signal(signal.SIGSTOP)
        try:
            await eventually(lambda: len(self._rig.takeovers) > len(before), 60, "nobody took over from a paused one")
        finally:
            paused.send_signal(signal.SIGCONT)
        self.kills += 1  # an attempt that was under way may be made by both

    async def flush(self) -> None:
        """Redis forgets everything."""
        async with Client.from_url(self._redis.url) as client:
            await client.flushall()

    async def away(self) -> None:
        """Nobody listens for a while; meanwhile alerts ring, and those who deliver are killed."""
        await self._rig.receiver.stop()
        await self._rig.ring(3)
        await self.kill(0, 1)
        await self._rig.ring()
        await asyncio.sleep(1)
        await self._rig.receiver.start()

    async def restart_servers(self) -> None:
        """Redis is killed and comes back; Kafka is restarted."""
        await asyncio.to_thread(self._redis.server.kill)
        await asyncio.to_thread(self._kafka.stop)
        await asyncio.to_thread(self._kafka.start)
        await asyncio.to_thread(self._redis.start)
        self.kills += 2

    def end(self) -> None:
        """End all."""
        for process in self.processes:
            self._rig.end(process)


@pytest.mark.timeout(400)
async def test_every_alert_arrives_in_order_once_whatever_breaks(rig: Rig, kafka: Kafka, redis_server: Redis) -> None:
    receiver = rig.receiver
    asked = ["200", "429 Retry-After: 900"] * 3  # 0.9 s; the worker may not wait for one of the answers
    inboxes = [
        receiver.inbox("stormy", randomly(SEED, STORM, STORM.values()), [OLD]),
        receiver.inbox("worse", randomly(SEED + 1, STORM, [30, *list(STORM.values())[1:]]), [OLD]),
        receiver.inbox("hanging", always("nothing"), [OLD]),
        receiver.inbox("gone", lambda request: "410" if request.json["sequence"] > 2 else "200", [OLD]),
        receiver.inbox("asking", first(asked, "200"), [OLD]),
        receiver.inbox("rotating", always("200"), [OLD]),
        receiver.inbox("calm", always("200"), [OLD]),
    ]
    stormy, worse, hanging, gone, asking, rotating, calm = inboxes
    for each in inboxes:
        rig.endpoint(each.name)
    await rig.ring(3)  # before anybody delivers
    faults = Faults(rig, redis_server, kafka)

    async def rotate() -> None:
        rig.endpoint("rotating", secrets=[NEW, OLD])
        rotating.secrets = [OLD, NEW]

    try:
        breaking: tuple[Callable[[], Awaitable[None]], ...] = (
            lambda: faults.kill(0), faults.pause, faults.pause, faults.flush, faults.away, rotate,
            lambda: rig.ring(30), lambda: faults.kill(0, 1), faults.restart_servers,
        )  # fmt: skip
        for number, fault in enumerate(breaking):
            await rig.ring(2)
            missing = f"the calm receiver did not get everything before fault {number}"
            await eventually(lambda: calm.alerts == rig.rung, 90, missing)
            await asyncio.gather(rig.ring(2), fault())
        rotating.secrets = [NEW]  # both sign since long: the new one alone verifies
        await rig.ring()
        await eventually(lambda: calm.alerts == rig.rung, 90, "the calm receiver did not get everything")
        assert not hanging.taken, "it hung all the while, and nobody else waited for it"

        hanging.behaviour = stormy.behaviour = worse.behaviour = always("200")
        await rig.ring()
        assert len(gone.taken) == 2, "410 disables"
        gone.behaviour = always("200")
        await rig.redeliver("gone")
        for each in inboxes:
            await eventually(
                lambda each=each: each.alerts == rig.rung,  # type: ignore[misc]
                90, f"{each.name} did not get everything: {each.sequences}",
            )  # fmt: skip
        _check(rig, inboxes, faults.kills)
        assert rotating.requests[-1].headers["webhook-signature"].count("v1,") == 2
        refused = next(each for each in asking.requests if each.answer.startswith("429"))
        after = next(each for each in asking.requests if each.at > refused.at)
        assert after.at - refused.at >= 900 * PACE["second"]
        assert {"500", "429", "503", "301", "garbage", "nothing", "drip", "reset", "took-reset"} <= receiver.seen.keys()
        assert max(len(each["alerts"]) for each in calm.taken.values()) in range(11, MOST_GROUPED + 1)

        await eventually(lambda: _settled(rig), 60, "what was delivered was not written down")
        sent = {each.name: len(each.requests) for each in inboxes}
        await faults.flush()
        await faults.kill(0, 1)
        await rig.ring()
        await eventually(lambda: calm.alerts == rig.rung, 60, "nothing was delivered after Redis forgot all")
        for each in inboxes:
            await eventually(lambda each=each: each.alerts == rig.rung, 60)  # type: ignore[misc]
            known, new = _ids(each.requests[: sent[each.name]]), _ids(each.requests[sent[each.name] :])
            assert len(new) == 1, f"{each.name}: {new}"
            assert not known & new, f"{each.name}: loss of Redis sends nothing anew"
    finally:
        faults.end()
    assert rig.log.count("Another worker delivers alerts now") >= 1, "nobody was shut out"
    assert rig.log.count("INFO streams.alerts.delivery.delivery: Delivering alerts to") >= 6, "nobody took over"
    assert "Traceback" not in rig.log, rig.log[-5_000:]


def _ids(requests: Iterable[Request]) -> set[str]:
    return {each.id for each in requests}


async def _settled(rig: Rig) -> bool:
    """Whether `deliveries` says that everything was delivered."""
    archive = Archive(rig.system.settings)
    try:
        await archive.start()
        await archive.catch_up()
        return all(each.progress.delivered == each.last for each in archive.book.lines.values())
    finally:
        await archive.stop()


def _check(rig: Rig, inboxes: list[Inbox], kills: int) -> None:
    for each in inboxes:
        assert each.sequences == list(range(1, len(each.taken) + 1)), f"{each.name}: a gap, or out of order"
        assert each.alerts == rig.rung, each.name
        assert each.unverified == 0, each.name
        assert each.most_under_way == 1 or each.name in ("hanging", "stormy", "worse"), each.name
        assert each.again <= kills, f"{each.name}: sent {each.again} messages anew in {kills} kills"
        ids = [(request.id, request.json["sequence"]) for request in each.requests]
        assert len(set(ids)) == len({i for i, _ in ids}) == len({s for _, s in ids}), "an id is one message's for ever"
