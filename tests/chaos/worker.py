"""A worker for a chaos run: `tocsin worker` as it is, ended by SIGKILL between two steps where the run asks for it.

Run as `python -m tests.chaos.worker`. CHAOS_POINT names the point and the how-manieth time it is come to (`MARKED 3`),
CHAOS_JOURNAL a file that the group's generations are appended to. Ends when its standard input closes, so that it never
outlives the run.
"""

import functools
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from aiokafka.consumer.group_coordinator import GroupCoordinator

from streams import transport
from streams.trends import scripts
from streams.trends.scripts import Call
from tests.chaos.schedule import Point

#: The Lua script after whose calls a point lies.
_AFTER = {
    "index.lua": Point.INDEX,
    "ledger.lua": Point.LEDGER,
    "applied.lua": Point.MARKED,
    "catalog.lua": Point.CATALOG,
}


def die() -> None:
    """End as a crash would."""
    os.kill(os.getpid(), signal.SIGKILL)


class Countdown:
    """Ends the process when its point is come to for the n-th time."""

    def __init__(self, point: Point | None, times: int) -> None:
        self._point, self._left = point, times

    def due(self, point: Point) -> bool:
        """Whether this time is the last; counts it."""
        if point is not self._point:
            return False
        self._left -= 1
        return self._left <= 0


def journal_generations(path: Path) -> None:
    """Append the generation to the file whenever this worker has joined its group anew."""
    joined = GroupCoordinator._on_join_complete

    @functools.wraps(joined)
    async def noting(self: Any, generation: int, *arguments: Any) -> Any:
        with path.open("a", encoding="ascii") as journal:
            journal.write(f"{generation}\n")
        return await joined(self, generation, *arguments)

    GroupCoordinator._on_join_complete = noting


def arm(countdown: Countdown) -> None:
    """Put the points into the code that runs."""
    names: dict[int, str] = {}
    made, calls = scripts.Script.__init__, scripts.Script.calls

    def making(self: scripts.Script, name: str, *package: str) -> None:
        made(self, name, *package)
        names[id(self)] = name

    async def calling(self: scripts.Script, redis: Any, asked: Sequence[Call]) -> list[Any]:
        name = names[id(self)]
        advances = name == "applied.lua" and asked[0].arguments[0] == "advance"
        if advances and countdown.due(Point.PUBLISHED):
            die()
        if name == "ledger.lua" and len(asked) > 1 and countdown.due(Point.LEDGER_TORN):
            await calls(self, redis, asked[: len(asked) // 2])
            die()
        answers = await calls(self, redis, asked)
        if name in _AFTER and asked and (advances or name != "applied.lua") and countdown.due(_AFTER[name]):
            die()
        return answers

    thread: Any = transport.ConsumerThread
    script: Any = scripts.Script
    script.__init__, script.calls = making, calling
    thread._commit = _committing(thread._commit, countdown)


def _committing(commit: Callable[..., Awaitable[bool]], countdown: Countdown) -> Callable[..., Awaitable[bool]]:
    async def committing(self: transport.ConsumerThread, offsets: Any) -> bool:
        if countdown.due(Point.COMMITTING):
            die()
        done = await commit(self, offsets)
        if done and countdown.due(Point.COMMITTED):
            die()
        return done

    return committing


def _end_with_parent() -> None:
    os.read(0, 1)  # not sys.stdin, whose lock would be missed when the interpreter ends
    die()


def main() -> None:
    """Run `tocsin worker`."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    journal_generations(Path(os.environ["CHAOS_JOURNAL"]))
    if wanted := os.environ.get("CHAOS_POINT"):
        name, times = wanted.split()
        arm(Countdown(Point[name], int(times)))
    sys.argv = ["tocsin", "worker"]
    from streams.cli import main as tocsin

    tocsin()


if __name__ == "__main__":
    main()
