"""One chaos run from start to end: servers, workers, feed and faults side by side; then the wait, and the counting.

Owns the order of these and what is printed of them. How a fault is done, what is fed and what is true are the
modules' beside it.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from redis.exceptions import RedisError

from streams.connections import producer
from streams.settings import Settings
from streams.tasks import end
from streams.topics import ARTICLES, POSTS
from streams.trends import Applied
from tests.brokers import ROOT
from tests.chaos import schedule
from tests.chaos.aftermath import caught_up, identity, judge
from tests.chaos.cluster import Cluster, ClusterFaults
from tests.chaos.compare import Verdict
from tests.chaos.events import Files
from tests.chaos.faults import WORKERS, Faults, Record
from tests.chaos.feed import Fed, feed
from tests.chaos.schedule import Fault, Planned
from tests.chaos.server_faults import ServerFaults
from tests.chaos.stores import Stores, in_thread
from tests.chaos.supervisor import Supervisor

#: Seconds after which Kafka gives a dead or paused worker's partitions away; Kafka allows no fewer.
SESSION = 6
#: Few: each costs every worker and back-fill a little time to start.
PARTITIONS = 4
#: Records that are sent before the next look at the clock.
PORTION = 250

#: Told what goes on, and which share of the whole run is done.
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    seed: int
    supervisor: Supervisor
    verdict: Verdict
    record: Record
    facts: dict[str, float]
    """Name -> number: how many records the log holds, and what else is worth a line."""

    @property
    def clean(self) -> bool:
        """Whether every count is as the log says, and nothing is missing."""
        verdict = self.verdict
        return not (verdict.mismatches or verdict.lost or verdict.duplicated)


class Run:
    """A run in a folder of its own."""

    def __init__(
        self, folder: Path, seed: int, seconds: float, records: int, progress: Progress, cluster: bool = False
    ) -> None:
        """`folder` is made, and keeps what the servers and the workers wrote."""
        folder.mkdir(parents=True)
        self._seed, self._records, self._progress = seed, records, progress
        self._plan = schedule.draw(seed, seconds, SESSION, cluster)
        self._stores: Stores | Cluster = Cluster(folder) if cluster else Stores(folder)
        self._variables = {
            **self._stores.variables,
            "TOCSIN_PARTITIONS": str(PARTITIONS),
            "TOCSIN_SESSION": f"{SESSION}s",
            "TOCSIN_RUN_RECORDS": "300",  # many runs, so that many are cut in two
        }
        self._settings = Settings.from_environment(self._variables)
        self._record = Record(folder / "timeline")
        workers = folder / "workers"
        workers.mkdir()
        self._supervisor = Supervisor(workers, self._variables, lambda n: schedule.arm(seed, n), self._record.see)
        self._faults = self._all_faults()
        self._files = Files(folder / "events")
        self._sent: Counter[bytes] = Counter()
        self._facts: dict[str, float] = {}

    async def run(self) -> Outcome:
        """The whole run. Everything that it started has ended when it returns or raises."""
        watching: asyncio.Task[None] | None = None
        try:
            self._progress("starting Kafka and Redis", 0.0)
            await self._stores.start()
            await self._tocsin("topics", "create")
            await self._tocsin("events", "apply", "seeds/events", str(self._files.first()))
            for instance in WORKERS:
                self._supervisor.add(instance)
            watching = asyncio.create_task(self._supervisor.watch())
            await caught_up(self._settings, 60)
            await self._break_things()
            self._progress("waiting for the counts", 0.75)
            await self._supervisor.disarm()
            # Time to count it all again, thrice: by those that run, and by a back-fill beside them.
            self._facts["seconds to catch up"] = await caught_up(self._settings, 120 + self._records / 300)
            await end([watching])
            await self._supervisor.leave()
            self._facts["slowest SIGTERM, s"] = round(self._supervisor.slowest_leave, 1)
            self._progress("counting the log anew", 0.85)
            verdict, facts = await judge(self._settings, self._stores, self._sent)
            return Outcome(self._seed, self._supervisor, verdict, self._record, self._facts | facts)
        finally:
            if watching is not None:
                await end([watching])
            self._supervisor.end()
            await self._stores.stop()

    def _all_faults(self) -> Faults:
        if isinstance(self._stores, Cluster):
            nodes = ClusterFaults(self._stores, self._record)
            return Faults(nodes.ways(), nodes.settle, self._supervisor, self._record, self._change_rules)
        servers = ServerFaults(self._stores, self._supervisor, self._record).ways()
        return Faults(servers, self._stores.snapshot, self._supervisor, self._record, self._change_rules)

    async def _break_things(self) -> None:
        plan, faults = self._plan, self._faults
        tracks = [
            asyncio.create_task(faults.track(plan.workers)),
            asyncio.create_task(faults.track(plan.guests)),
            asyncio.create_task(faults.track(plan.servers, servers=True)),
            asyncio.create_task(faults.track(plan.rules)),
            asyncio.create_task(self._feed()),
        ]
        noting = asyncio.create_task(self._note_progress())
        try:
            await asyncio.gather(*tracks)
        finally:
            await end([*tracks, noting])

    async def _note_progress(self) -> None:
        """Write now and then how far Redis has come: whether work goes on between the faults."""
        partitions = [(self._settings.topic(name), n) for name in (POSTS, ARTICLES) for n in range(PARTITIONS)]
        while True:
            with contextlib.suppress(RedisError, OSError):
                async with self._stores.client() as client:
                    found = await Applied(client, self._settings).read(partitions)
                applied = sum(each or 0 for each in found.values())
                self._record.write(f"applied {applied} of {self._sent.total()}, {self._supervisor.said()}")
            await asyncio.sleep(1)

    async def _feed(self) -> None:
        """Send all records, spread over the planned time; what an absent Kafka delays comes later."""
        records = feed(self._seed, self._records, base=int(time.time()))
        pause = PORTION / self._records * self._plan.seconds
        sender: AIOKafkaProducer | None = None
        done = 0
        while portion := list(islice(records, PORTION)):
            while True:
                try:
                    if sender is None:
                        sender = producer(self._settings, request_timeout_ms=10_000)
                        await sender.start()
                    await self._send(sender, portion)
                    break
                except (KafkaError, OSError):
                    self._facts["feed sent again"] = self._facts.get("feed sent again", 0) + 1
                    await _close(sender)
                    sender = None
                    await asyncio.sleep(0.5)
            done += len(portion)
            self._progress(f"{done:,} records fed, {self._supervisor.kills} kills", 0.7 * done / self._records)
            await asyncio.sleep(pause)
        await _close(sender)

    async def _send(self, sender: AIOKafkaProducer, portion: Sequence[Fed]) -> None:
        sent = [
            await sender.send(self._settings.topic(fed.topic), fed.value, key=fed.key, timestamp_ms=fed.stamp)
            for fed in portion
        ]
        await asyncio.gather(*sent)
        self._sent.update(identity(fed) for fed in portion)

    async def _change_rules(self, planned: Planned) -> None:
        match planned.fault:
            case Fault.RULE_NEW:
                await self._tocsin("events", "apply", str(self._files.late()))
            case Fault.RULE_CHANGED:
                await self._tocsin("events", "apply", str(self._files.changed()))
            case _:
                await self._tocsin("events", "remove", Files.REMOVED)

    async def _tocsin(self, *arguments: str) -> None:
        """Run a command to its end; again where Kafka was away."""
        said = ""
        for _ in range(30):
            done = await in_thread(self._command, arguments)
            said = done.stderr.decode()
            if done.returncode == 0 or "no tracked event" in said:  # removed before, though Kafka's answer was lost
                return
            self._record.see(f"`tocsin {arguments[0]}` had to be repeated")
            if "Traceback" in said:
                self._record.see(f"traceback of `tocsin {arguments[0]}`")
            await asyncio.sleep(1)
        raise AssertionError(f"`tocsin {' '.join(arguments)}` never ended well: {said[-2_000:]}")

    def _command(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "streams", *arguments],
            cwd=ROOT, env={**os.environ, **self._variables}, capture_output=True, timeout=120, check=False,
        )  # fmt: skip


async def _close(sender: AIOKafkaProducer | None) -> None:
    """Close a producer, whatever state it is in."""
    if sender is not None:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await asyncio.wait_for(sender.stop(), 5)
