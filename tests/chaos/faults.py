"""How each fault is done to the running system, and undone.

What happens when is the schedule's; what is seen meanwhile is noted under the fault that began last on its track.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.chaos.schedule import Fault, Planned
from tests.chaos.stores import START, Stores, in_thread
from tests.chaos.supervisor import Slot, Supervisor

#: The lasting names of the workers that always run, or none; more come and go.
WORKERS = ("steady", "")
#: Faults of servers from one snapshot of Redis' files to the next.
SNAPSHOT_EVERY = 3


class Record:
    """What was done and seen: for each fault how often, and what was counted of it."""

    def __init__(self, timeline: Path) -> None:
        self._timeline = timeline
        self.times: Counter[Fault] = Counter()
        self.seen: dict[Fault | None, Counter[str]] = {}
        self.now: Fault | None = None
        """The fault of a server that began last: what workers say is put down to it."""

    def begin(self, planned: Planned) -> None:
        """A fault begins."""
        self.times[planned.fault] += 1
        self.write(f"{planned.fault} ({planned.seconds:.1f} s)")

    def write(self, line: str) -> None:
        """One line of what happened when."""
        with self._timeline.open("a", encoding="utf-8") as timeline:
            timeline.write(f"{datetime.now():%H:%M:%S.%f} {line}\n")

    def see(self, what: str, count: int = 1, fault: Fault | None = None) -> None:
        """Something was seen, of this fault or else of the one that is put down to."""
        self.seen.setdefault(fault or self.now, Counter())[what] += count


class Faults:
    """Does faults, one after the other on each track."""

    def __init__(
        self, stores: Stores, supervisor: Supervisor, record: Record, apply: Callable[[Fault], Awaitable[None]]
    ) -> None:
        self._stores, self._supervisor, self._record, self._apply = stores, supervisor, record, apply
        self._ways: dict[Fault, Callable[[Planned], Awaitable[None]]] = {
            Fault.WORKER_KILL: lambda p: self._signal(p, signal.SIGKILL),
            Fault.WORKER_STOP: lambda p: self._signal(p, signal.SIGTERM),
            Fault.WORKER_ZOMBIE: self._zombie,
            Fault.WORKER_EXTRA: lambda p: self._extra(p, signal.SIGTERM),
            Fault.WORKER_EXTRA_KILL: lambda p: self._extra(p, signal.SIGKILL),
            Fault.KAFKA_STOP: lambda p: self._away(p, stores.kafka.stop, stores.kafka.start),
            Fault.KAFKA_KILL: lambda p: self._away(p, stores.kafka.kill, stores.kafka.start),
            Fault.KAFKA_CUT: lambda p: self._cut(p, stores.kafka_proxy),
            Fault.KAFKA_STALL: self._kafka_stall,
            Fault.REDIS_STOP: lambda p: self._away(p, stores.redis.stop, stores.redis.start),
            Fault.REDIS_KILL: lambda p: self._away(p, stores.redis.kill, stores.redis.start),
            Fault.REDIS_POWER: self._redis_power,
            Fault.REDIS_FLUSH: self._redis_flush,
            Fault.REDIS_RESTORE: lambda p: stores.restore(p.target, p.seconds),
            Fault.REDIS_FAILOVER: self._redis_failover,
            Fault.REDIS_SLOW: self._redis_slow,
            Fault.REDIS_HANG: self._redis_hang,
            Fault.REDIS_PAUSE: self._redis_pause,
            Fault.REDIS_FULL: lambda p: self._configured(p, "maxmemory", "1mb", "0"),
            Fault.REDIS_LONELY: lambda p: self._configured(p, "min-replicas-to-write", "1", "0"),
            Fault.REDIS_READONLY: self._redis_readonly,
            Fault.REDIS_CUT: lambda p: self._cut(p, stores.redis_proxy),
            Fault.REDIS_SCRIPTS: self._redis_scripts,
            Fault.BLACKOUT: self._blackout,
            Fault.RULE_NEW: lambda p: apply(p.fault),
            Fault.RULE_CHANGED: lambda p: apply(p.fault),
            Fault.RULE_REMOVED: lambda p: apply(p.fault),
        }

    async def track(self, planned: Sequence[Planned], servers: bool = False) -> None:
        """Do these faults, each so long after the one before it is over."""
        for number, each in enumerate(planned):
            await asyncio.sleep(each.after)
            if servers:
                if number % SNAPSHOT_EVERY == 0:
                    await self._stores.snapshot()
                self._record.now = each.fault
            self._record.begin(each)
            await self._ways[each.fault](each)

    def _choose(self, planned: Planned) -> Slot | None:
        running = [slot for slot in self._supervisor.running() if slot.wanted]
        if planned.target % 4 and planned.fault is not Fault.WORKER_ZOMBIE:  # mostly one that is back at once
            running = [slot for slot in running if slot.instance] or running
        return running[planned.target % len(running)] if running else None

    async def _signal(self, planned: Planned, by: signal.Signals) -> None:
        if slot := self._choose(planned):
            self._supervisor.signal(slot, by)

    async def _zombie(self, planned: Planned) -> None:
        if slot := self._choose(planned):
            slot.paused = True
            self._supervisor.signal(slot, signal.SIGSTOP)
            process = slot.process
            await asyncio.sleep(planned.seconds)
            if slot.process is process:  # nobody killed it meanwhile
                self._supervisor.signal(slot, signal.SIGCONT)
                slot.paused = False

    async def _extra(self, planned: Planned, by: signal.Signals) -> None:
        slot = self._supervisor.add()
        await asyncio.sleep(planned.seconds)
        slot.wanted = False
        self._supervisor.signal(slot, by)

    async def _away(self, planned: Planned, end: Callable[[], None], start: Callable[[float], None]) -> None:
        await in_thread(end)
        await asyncio.sleep(planned.seconds)
        await in_thread(start, START)

    async def _cut(self, planned: Planned, proxy: Any) -> None:
        before = proxy.cuts
        for _ in range(4):
            proxy.cut()
            await asyncio.sleep(planned.seconds / 4)
        self._record.see("connections cut", proxy.cuts - before, planned.fault)

    async def _kafka_stall(self, planned: Planned) -> None:
        self._stores.kafka_proxy.hold()
        await asyncio.sleep(planned.seconds)
        self._stores.kafka_proxy.release()

    async def _redis_power(self, planned: Planned) -> None:
        self._record.see("bytes lost", await self._stores.lose_power(planned.seconds), planned.fault)

    async def _redis_failover(self, planned: Planned) -> None:
        self._record.see("bytes lost", await self._stores.fail_over(planned.seconds), planned.fault)

    async def _redis_flush(self, planned: Planned) -> None:
        async with self._stores.client() as client:
            self._record.see("keys lost", await client.dbsize(), planned.fault)
            await client.flushall()

    async def _redis_slow(self, planned: Planned) -> None:
        self._stores.redis_proxy.delay = 0.05 + 0.25 * (planned.target % 10) / 10
        await asyncio.sleep(planned.seconds)
        self._stores.redis_proxy.delay = 0.0

    async def _redis_hang(self, planned: Planned) -> None:
        pid = self._stores.redis.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(planned.seconds)
        finally:
            os.kill(pid, signal.SIGCONT)

    async def _redis_pause(self, planned: Planned) -> None:
        async with self._stores.client() as client:
            await client.client_pause(int(planned.seconds * 1_000), all=True)
            await asyncio.sleep(planned.seconds)

    async def _configured(self, planned: Planned, name: str, value: str, back: str) -> None:
        async with self._stores.client() as client:
            await client.config_set(name, value)
            await asyncio.sleep(planned.seconds)
            await client.config_set(name, back)

    async def _redis_readonly(self, planned: Planned) -> None:
        async with self._stores.client() as client:
            await client.replicaof("127.0.0.1", 1)  # nothing listens there: it keeps what it has
            await asyncio.sleep(planned.seconds)
            await client.replicaof("NO", "ONE")

    async def _redis_scripts(self, planned: Planned) -> None:
        async with self._stores.client() as client:
            await client.script_flush()

    async def _blackout(self, planned: Planned) -> None:
        stores = self._stores
        for slot in self._supervisor.running():
            self._supervisor.signal(slot, signal.SIGKILL)
        await asyncio.gather(in_thread(stores.kafka.kill), in_thread(stores.redis.kill))
        await asyncio.sleep(planned.seconds)
        await asyncio.gather(in_thread(stores.kafka.start, START), in_thread(stores.redis.start, START))
