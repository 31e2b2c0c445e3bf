"""How each fault of workers and rules is done to the running system, and the order of all of them.

What happens when is the schedule's; what is seen meanwhile is noted under the fault that began last on its track. How
servers break is said by `server_faults` and `cluster` beside this.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from tests.chaos.schedule import Fault, Planned
from tests.chaos.supervisor import Slot, Supervisor

#: The lasting names of the workers that always run, or none; more come and go.
WORKERS = ("steady", "")
#: Faults of servers from one pause between them to the next.
BETWEEN = 3


#: How a fault is done.
Way = Callable[[Planned], Awaitable[None]]
Ways = Mapping[Fault, Way]


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
        self, servers: Ways, between: Callable[[], Awaitable[None]], supervisor: Supervisor, record: Record, apply: Way
    ) -> None:
        """`servers` are the ways in which servers break; now and then `between` is called before one of them does."""
        self._between, self._supervisor, self._record = between, supervisor, record
        self._ways: Ways = {
            Fault.WORKER_KILL: lambda planned: self._signal(planned, signal.SIGKILL),
            Fault.WORKER_STOP: lambda planned: self._signal(planned, signal.SIGTERM),
            Fault.WORKER_ZOMBIE: self._zombie,
            Fault.WORKER_EXTRA: lambda planned: self._extra(planned, signal.SIGTERM),
            Fault.WORKER_EXTRA_KILL: lambda planned: self._extra(planned, signal.SIGKILL),
            Fault.RULE_NEW: apply,
            Fault.RULE_CHANGED: apply,
            Fault.RULE_REMOVED: apply,
            **servers,
        }

    async def track(self, planned: Sequence[Planned], servers: bool = False) -> None:
        """Do these faults, each so long after the one before it is over."""
        for number, each in enumerate(planned):
            await asyncio.sleep(each.after)
            if servers:
                if number % BETWEEN == 0:
                    await self._between()
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
