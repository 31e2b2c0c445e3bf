"""The workers of a run: started, watched, started again when they end, and ended for good.

Knows processes and what they log; nothing of why one is killed. Which of them kills itself where is the schedule's.
"""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from streams.embedded import free_port
from tests.brokers import ROOT
from tests.chaos.schedule import Point

#: What workers log, and the word for it in the table.
_SAYS = {
    "Redis has forgotten": re.compile(rb"Redis has forgotten"),
    "waits for Redis": re.compile(rb"Redis does not do it"),
    "waits for Kafka": re.compile(rb"Kafka does not do it"),
    "back-fills broken off": re.compile(rb"Back-fill (?:ended|was interrupted)"),
    "take-overs": re.compile(rb"took over after"),
    "tracebacks": re.compile(rb"^Traceback", re.MULTILINE),
    "counters below zero": re.compile(rb"below zero"),
}

#: Seconds in which a worker that was told to has to leave.
LEAVE = 10.0


@dataclass(slots=True)
class Slot:
    """A place for one worker; `wanted` means that it is started again when it ends."""

    number: int
    log: Path
    instance: str
    """Its lasting name in the group, if it has one: then it finds its partitions again without a rebalance."""
    process: subprocess.Popen[bytes] | None = None
    wanted: bool = True
    armed: Point | None = None
    paused: bool = False
    shot: bool = False
    """Whether it was the run that killed it."""
    told: float = 0.0
    read: int = 0
    starts: list[float] = field(default_factory=list)


class Supervisor:
    """All workers. `see` is told of everything that can be seen of them."""

    def __init__(
        self,
        folder: Path,
        environment: dict[str, str],
        arm: Callable[[int], tuple[Point, int] | None],
        see: Callable[[str, int], None],
    ) -> None:
        self.slots: dict[int, Slot] = {}
        self.starts = self.kills = 0
        self.points: Counter[Point] = Counter()
        self.slowest_leave = 0.0
        self._folder, self._environment, self._arm, self._see = folder, environment, arm, see
        self._journal = folder / "generations"
        self._journal.touch()
        self._next = 0

    @property
    def rebalances(self) -> int:
        """How many generations the group had."""
        return len(set(self._journal.read_text(encoding="ascii").split()))

    @property
    def restarts(self) -> int:
        """Starts of a worker in a place where one had been before."""
        return sum(len(slot.starts) - 1 for slot in self.slots.values() if slot.starts)

    def add(self, instance: str = "") -> Slot:
        """One more worker, started."""
        slot = Slot(self._next, self._folder / f"worker-{self._next}.log", instance)
        self._next += 1
        self.slots[slot.number] = slot
        self._start(slot)
        return slot

    def signal(self, slot: Slot, by: signal.Signals) -> bool:
        """Send a signal; False where it doesn't run."""
        if slot.process is None or slot.process.poll() is not None:
            return False
        if by is signal.SIGTERM:
            slot.told = time.monotonic()
        slot.shot |= by is signal.SIGKILL
        slot.process.send_signal(by)
        return True

    def said(self) -> str:
        """Each worker in a word."""
        words = []
        for slot in self.slots.values():
            runs = slot.process is not None and slot.process.poll() is None
            words.append(f"{slot.number}:{'paused' if slot.paused else slot.armed or 'runs' if runs else 'ended'}")
        return " ".join(words)

    def running(self) -> list[Slot]:
        """Those that run and are not paused."""
        return [s for s in self.slots.values() if s.process is not None and s.process.poll() is None and not s.paused]

    async def watch(self) -> None:
        """Start again what ended, for ever."""
        while True:
            for slot in tuple(self.slots.values()):
                self._look(slot)
            await asyncio.sleep(0.1)

    async def disarm(self) -> None:
        """No worker kills itself from now on: those that would are replaced."""
        self._arm = lambda _: None
        for slot in tuple(self.slots.values()):
            if slot.armed is not None:
                self.signal(slot, signal.SIGKILL)
                while slot.armed is not None:
                    self._look(slot)
                    await asyncio.sleep(0.05)

    async def leave(self) -> None:
        """Let all end by SIGTERM. One that takes too long is killed, and seen."""
        for slot in self.slots.values():
            slot.wanted = False
            self.signal(slot, signal.SIGTERM)
        deadline = time.monotonic() + LEAVE + 5
        while any(slot.process is not None for slot in self.slots.values()):
            for slot in self.slots.values():
                self._look(slot)
                if time.monotonic() > deadline and self.signal(slot, signal.SIGKILL):
                    self._see("did not leave when told", 1)
            await asyncio.sleep(0.05)

    def end(self) -> None:
        """End all at once."""
        for slot in self.slots.values():
            slot.wanted = False
            if slot.process is not None:
                slot.process.kill()
                slot.process.wait()
                assert slot.process.stdin is not None
                slot.process.stdin.close()
                slot.process = None

    def _start(self, slot: Slot) -> None:
        # One without a name is missed for a whole session: if all killed themselves, none would ever have a partition.
        armed = self._arm(self.starts) if slot.instance else None
        self.starts += 1
        slot.starts.append(time.monotonic())
        slot.armed, slot.told, slot.paused, slot.shot = armed and armed[0], 0.0, False, False
        more = {"CHAOS_JOURNAL": str(self._journal), "TOCSIN_WORKER_PORT": str(free_port())}
        more["TOCSIN_INSTANCE"] = slot.instance
        if armed is not None:
            more["CHAOS_POINT"] = f"{armed[0].name} {armed[1]}"
        with slot.log.open("ab") as log:
            slot.process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.worker"],
                cwd=ROOT, env={**os.environ, **self._environment, **more}, start_new_session=True,
                stdin=subprocess.PIPE, stdout=log, stderr=log,
            )  # fmt: skip

    def _look(self, slot: Slot) -> None:
        self._read_log(slot)
        if slot.process is not None and slot.process.poll() is not None:
            self._ended(slot, slot.process.returncode)
            assert slot.process.stdin is not None
            slot.process.stdin.close()
            slot.process = None
        # One that can't start (a full Redis) is not started more often than once a second.
        if slot.process is None and slot.wanted and time.monotonic() - slot.starts[-1] > 1.0:
            self._start(slot)

    def _ended(self, slot: Slot, code: int) -> None:
        point, slot.armed = slot.armed, None
        if code == -signal.SIGKILL:
            self.kills += 1
            if point is not None and not slot.shot:
                self.points[point] += 1
            return
        if slot.told:
            took = time.monotonic() - slot.told
            self.slowest_leave = max(self.slowest_leave, took)
            if took > LEAVE:
                self._see("left late", 1)
        # Told while it was still loading, it ends as every process does.
        if not slot.told or code not in (0, -signal.SIGTERM):
            self._see(f"worker ended with code {code}", 1)

    def _read_log(self, slot: Slot) -> None:
        if not slot.log.exists() or slot.log.stat().st_size == slot.read:
            return
        with slot.log.open("rb") as log:
            log.seek(slot.read)
            said = log.read()
            slot.read = log.tell()
        for word, pattern in _SAYS.items():
            if count := len(pattern.findall(said)):
                self._see(word, count)
