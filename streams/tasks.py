"""Ending tasks for sure, and tasks that end together."""

import asyncio
from collections.abc import Coroutine, Iterable
from types import TracebackType
from typing import Any, Self

PATIENCE = 2.0
"""Seconds for a task to end, and to close what it opened, before it is cancelled once more."""


async def end(tasks: "Iterable[asyncio.Task[Any]]") -> None:
    """Cancel them until all have ended, whatever they raise, and also where the caller is cancelled meanwhile.

    Once is not enough: through `asyncio.wait_for` of Python 3.11, which redis-py and aiokafka write and read by, a
    cancellation is lost where the answer comes at the same moment.
    """
    every = set(tasks)
    left = {task for task in every if not task.done()}
    cancelled = False
    while left:
        for task in left:
            task.cancel()
        try:
            _, left = await asyncio.wait(left, timeout=PATIENCE)
        except asyncio.CancelledError:
            cancelled = True
            left = {task for task in left if not task.done()}
    for task in every:
        if not task.cancelled():
            task.exception()  # seen: asyncio would log it otherwise
    if cancelled:
        raise asyncio.CancelledError


class Crew:
    """Tasks that work together for ever: where one raises, all are ended, and what it raised comes out of the block.

    As `async with`: the block's end waits for that, or for a cancellation. `asyncio.TaskGroup` would wait for ever for
    a task that lost its cancellation (see `end`). A task may return; the others go on.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._raised: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Set a task to work, also while others do."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self._raised
        finally:
            self._raised.cancel()
            await end(self._tasks)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not self._raised.done():
            self._raised.set_exception(error)
