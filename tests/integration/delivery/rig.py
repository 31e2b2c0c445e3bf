"""What tests of delivery share: alerts written to the topic, endpoints on disk, processes that deliver."""

import asyncio
import contextlib
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from schemas import Alert
from schemas.codec import encode
from schemas.delivery import Redelivery
from streams.alerts.delivery.book import redelivery_key
from streams.connections import admin, producer
from streams.topics import ALERTS, DELIVERIES, create
from tests.brokers import ROOT
from tests.integration.delivery.receiver import Receiver
from tests.integration.system import System

OLD = "whsec_" + "b2xk" * 8
NEW = "whsec_" + "bmV3" * 8


def alert(number: int, **more: Any) -> Alert:
    """One alert of many."""
    values: dict[str, Any] = {
        "id": f"kursk/surge/{number}", "event": "kursk", "revision": "000000000001", "alert": "surge",
        "state": "firing", "at": datetime.now(UTC), "window": "5m", "condition": "burst >= 4", "notify": (),
    } | more  # fmt: skip
    return Alert(**values)


@dataclass
class Rig:
    """A system, a receiver, and the file of endpoints that lead from one to the other."""

    system: System
    receiver: Receiver
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    sender: AIOKafkaProducer = None
    written: int = 0
    _ringing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def file(self) -> Path:
        """The endpoints' file."""
        return self.system.folder / "endpoints.yaml"

    def endpoint(self, name: str, **more: Any) -> None:
        """Add or change an endpoint, for all of the event `kursk`."""
        values = {
            "url": self.receiver.url(name), "secrets": [OLD], "events": ["kursk"], "rate": 6_000,
            "allow_http": True, "allow_private": True,
        } | more  # fmt: skip
        self.endpoints[name] = {key: value for key, value in values.items() if value is not None}
        self.file.write_text(yaml.safe_dump(self.endpoints), encoding="utf-8")

    async def ring(self, count: int = 1, **more: Any) -> None:
        """Write so many alerts, together."""
        topic = self.system.settings.topic(ALERTS)
        sent = []
        async with self._ringing:  # so that their order is that of their numbers
            for _ in range(count):
                self.written += 1
                record = encode(alert(self.written, **more))
                sent.append(await self.sender.send(topic, record, key=b"kursk", partition=0))
        for each in sent:
            await each

    async def redeliver(self, endpoint: str) -> None:
        """What `tocsin alerts redeliver` writes."""
        asked = encode(Redelivery(endpoint, datetime.now(UTC)))
        topic = self.system.settings.topic(DELIVERIES)
        await self.sender.send_and_wait(topic, asked, key=redelivery_key(endpoint).encode(), partition=0)

    @property
    def rung(self) -> list[str]:
        """The ids of all alerts, in order."""
        return [f"kursk/surge/{number}" for number in range(1, self.written + 1)]

    @contextlib.contextmanager
    def deliverer(self, pace: Mapping[str, float]) -> Iterator[subprocess.Popen[bytes]]:
        """A process that delivers; killed at the end."""
        process = self.start(pace)
        try:
            yield process
        finally:
            self.end(process)

    def start(self, pace: Mapping[str, float]) -> subprocess.Popen[bytes]:
        """Start a process that delivers."""
        environment = self.system.environment() | {"PACE": json.dumps(pace)}
        with (self.system.folder / "delivery.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.integration.delivery.program"],
                cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log,
            )  # fmt: skip

    @staticmethod
    def end(process: subprocess.Popen[bytes]) -> None:
        """Kill it."""
        process.kill()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()

    @property
    def takeovers(self) -> list[int]:
        """The id of each process that began to deliver, in their order."""
        began = re.compile(r" (\d+) INFO streams\.alerts\.delivery\.delivery: Delivering alerts to (?!.* from now on$)")
        return [int(found[1]) for line in self.log.splitlines() if (found := began.search(line))]

    @property
    def log(self) -> str:
        """What the processes said."""
        return (self.system.folder / "delivery.log").read_text(encoding="utf-8")


@contextlib.asynccontextmanager
async def rigged(system: System) -> AsyncIterator[Rig]:
    """A rig with its topics and a receiver that listens."""
    client: AIOKafkaAdminClient
    async with admin(system.settings) as client:
        await create(client, system.settings)
    receiver = Receiver()
    await receiver.start()
    rig = Rig(system, receiver)
    system.variables["TOCSIN_ENDPOINTS"] = str(rig.file)
    try:
        async with producer(system.settings) as rig.sender:
            yield rig
    finally:
        await receiver.stop()
