"""The demo from its first second to its last: start everything, replay the sample, show it, prove it, end it.

The sample's two days are laid onto one hour that ends with the replay, so that every window has something to show.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from rich.console import Console
from rich.live import Live

from streams.connections import RedisLink
from streams.demo import checks, view
from streams.demo.sample import STORY, Sample, load
from streams.demo.stage import Stage, prepared, ready, served
from streams.ingest.files import Options, Progress, Replay, Summary
from streams.ingest.producing import Sender
from streams.tasks import end
from streams.tracking import topic
from streams.tracking.files import read_drafts
from streams.trends import Catalog, Windows

Done = TypeVar("Done")

#: Seconds onto which the sample's two days are laid.
SPAN = 3_600
#: When the sample begins.
STORY_BEGINS = datetime(2025, 3, 13, 18, tzinfo=UTC).timestamp()
#: Seconds of the replay where nobody says how long the demo is to take.
REPLAY = 60.0
#: Seconds kept for the checks and the end where somebody does; measured: 4 to 6 on two busy cores.
RESERVE = 6.0
#: A replay of fewer seconds is no slower than none, and shows nothing.
SHORTEST = 2.0
#: Seconds by which pictures lag behind what is sent: a worker has counted it by then.
LAG = 1.5
#: Seconds between two pictures, and between two lines where there is no terminal.
PICTURE, LINE = 1.0, 5.0

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Ctrl-C, or a signal that asks to end. `outcome` is None where the checks weren't done yet."""

    def __init__(self, by: signal.Signals, outcome: checks.Outcome | None) -> None:
        super().__init__(by.name)
        self.by = by
        self.outcome = outcome


@dataclass(slots=True)
class Clock:
    """The replay's place in the sample's time. `starts` is unix seconds; None: it hasn't begun."""

    seconds: float = 0.0
    starts: float | None = None
    note: str = "starting Kafka, Redis, a worker and serve"
    fed: int = 0

    @property
    def part(self) -> float:
        """How much of the replay is over and counted, 0 to 1."""
        return 0.0 if self.starts is None else min(1.0, max(0.0, time.time() - LAG - self.starts) / self.seconds)

    @property
    def instant(self) -> int | None:
        """Where the windows of a picture end: the latest time that was replayed; None (now) when all was."""
        if self.starts is None or self.part == 1:
            return None
        return int(self.starts + self.seconds - SPAN * (1 - self.part))

    @property
    def told(self) -> str:
        """The sample's own time."""
        return datetime.fromtimestamp(STORY_BEGINS + STORY * self.part, UTC).strftime("%-d %B %Y %H:%M")


class Demo:
    """One run of the demo."""

    def __init__(self, seconds: float | None, console: Console) -> None:
        """`seconds`: after which it ends by itself; None: never. `console` gets the view."""
        self._seconds = seconds
        self._console = console
        self._began = time.monotonic()
        self._clock = Clock()
        self._sample: Sample = load()
        self._outcome: checks.Outcome | None = None
        self._stopped: signal.Signals | None = None

    async def run(self) -> checks.Outcome:
        """Return the outcome, with nothing left running. Raises `Stopped`; `UserError` where something is missing."""
        with self._stopping():
            try:
                return await self._run()
            except asyncio.CancelledError:
                if self._stopped is None:
                    raise
                raise Stopped(self._stopped, self._outcome) from None

    async def _run(self) -> checks.Outcome:
        self._console.print(f"Tocsin's demo: {self._clock.note} …", style="dim", highlight=False)
        async with prepared() as stage:
            changes = await topic.apply(stage.settings, read_drafts([self._sample.events]))
            seeds = {change.event.tag for change in changes}
            await ready(stage)
            await served(stage, seeds)
            async with self._shown(stage):
                fed = await _while_alive(stage, self._replay(stage))
                self._clock.note = "checking: a recount of the log, the sample's truth, /metrics"
                self._outcome = await _while_alive(
                    stage, checks.check(stage.settings, self._sample, seeds, fed, stage.url, self._began)
                )
                while self._seconds is None:
                    self._clock.note = f"{verdict(self._outcome)}; Ctrl-C ends"
                    stage.check()
                    await asyncio.sleep(1)
        return self._outcome

    async def _replay(self, stage: Stage) -> Summary:
        clock = self._clock
        left = REPLAY if self._seconds is None else self._seconds - RESERVE - (time.monotonic() - self._began)
        clock.seconds, clock.starts = max(SHORTEST, left), time.time()
        clock.note = "replaying the sample, two days as one hour"
        until = int((clock.starts + clock.seconds) * 1_000)
        options = Options(speed=STORY / clock.seconds, span=SPAN, until=until)
        sender = Sender(stage.settings)
        await sender.start()
        try:
            return await Replay(stage.settings, sender, self._sample.files, options, self._note_progress).run()
        finally:
            await sender.stop()

    def _note_progress(self, progress: Progress) -> None:
        self._clock.fed = progress.summary.read

    @asynccontextmanager
    async def _shown(self, stage: Stage) -> AsyncIterator[None]:
        """The view goes on while the context lasts."""
        link = RedisLink(stage.settings)
        catalog, windows = Catalog(link.client, stage.settings), Windows(link.client, stage.settings)

        async def scene() -> view.Scene:
            clock = self._clock
            rows = await view.rows(catalog, windows, clock.instant)
            return view.Scene(clock.note, clock.told, clock.fed, self._sample.records, rows)

        show = self._pictures if self._console.is_terminal else self._lines
        task = asyncio.create_task(show(scene, stage))
        try:
            yield
        finally:
            await end([task])
            await link.close()

    async def _pictures(self, scene: Callable[[], Awaitable[view.Scene]], stage: Stage) -> None:
        hints = _hints(stage)
        with Live(console=self._console, auto_refresh=False) as live:
            while True:
                live.update(view.picture(await scene(), hints), refresh=True)
                await asyncio.sleep(PICTURE)

    async def _lines(self, scene: Callable[[], Awaitable[view.Scene]], stage: Stage) -> None:
        for hint in _hints(stage):
            self._say(hint)
        while self._outcome is None:
            self._say(view.line(await scene()))
            await asyncio.sleep(LINE)
        self._say(self._clock.note)

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """The signals that ask to end cancel the running task, once: ending is not to be interrupted."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def stop(by: signal.Signals) -> None:
            if self._stopped is None:
                self._stopped = by
                task.cancel()

        for each in STOPPING:
            loop.add_signal_handler(each, stop, each)
        try:
            yield
        finally:
            for each in STOPPING:
                loop.remove_signal_handler(each)


def verdict(outcome: checks.Outcome) -> str:
    """What the checks found, in one line."""
    if outcome.troubles:
        return "WRONG: " + "; ".join(outcome.troubles)
    own = f" and {outcome.own} event{'s' * (outcome.own > 1)} of your own" if outcome.own else ""
    return (
        f"all as it ought to be: {outcome.compared:,} posts{own} recounted from the log and equal, all matches true, "
        f"/metrics right, {outcome.result.dead_letters} bad records in dead-letters"
    )


def _hints(stage: Stage) -> list[str]:
    return [
        f"In a browser: {stage.url}/",
        f"In another terminal: . {stage.env_file}",
        "There: tocsin trends, tocsin recount, tocsin doctor",
    ]


async def _while_alive(stage: Stage, work: Coroutine[Any, Any, Done]) -> Done:
    """The result of `work`. Raises `UserError` when worker or `serve` ends before it."""
    task = asyncio.create_task(work)
    try:
        while not (await asyncio.wait([task], timeout=0.5))[0]:
            stage.check()
        return task.result()
    finally:
        await end([task])
