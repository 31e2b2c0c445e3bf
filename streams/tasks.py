"""Ending tasks for sure."""

import asyncio
from collections.abc import Iterable
from typing import Any

PATIENCE = 0.2
"""Seconds for a task to end before it is cancelled once more."""


async def end(tasks: "Iterable[asyncio.Task[Any]]") -> None:
    """Cancel them until all have ended, whatever they raise.

    Once is not enough: through `asyncio.wait_for` of Python 3.11, which redis-py and aiokafka write and read by, a
    cancellation is lost where the answer comes at the same moment.
    """
    every = set(tasks)
    left = {task for task in every if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=PATIENCE)
    for task in every:
        if not task.cancelled():
            task.exception()  # seen: asyncio would log it otherwise
