"""Tasks are ended for sure, even where a cancellation is lost on the way; a crew ends together."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from streams.tasks import Crew, end


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.tasks.PATIENCE", 0.05)


async def deaf() -> None:
    """Loses one cancellation."""
    with pytest.raises(asyncio.CancelledError):
        await asyncio.Event().wait()
    await asyncio.Event().wait()


async def failing() -> None:
    raise OSError("gone")


async def test_a_cancellation_that_is_lost_is_said_again() -> None:
    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    await asyncio.wait_for(end([task]), 10)
    assert task.cancelled()


async def test_who_ends_tasks_and_is_cancelled_meanwhile_ends_them_first() -> None:
    task = asyncio.create_task(deaf())
    ending = asyncio.create_task(end([task]))
    await asyncio.sleep(0)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(ending, 10)
    assert task.cancelled()


class Work:
    """A crew of one that loses a cancellation, and then `more`."""

    def __init__(self, more: Callable[[Crew], Awaitable[None]]) -> None:
        self.begun = asyncio.Event()
        self._more = more

    async def run(self) -> None:
        async with Crew() as crew:
            self.deaf = crew.start(deaf())
            await asyncio.sleep(0)
            self.begun.set()
            await self._more(crew)


async def test_where_one_of_a_crew_raises_all_end() -> None:
    async def start_one_that_fails(crew: Crew) -> None:
        crew.start(failing())

    work = Work(start_one_that_fails)
    with pytest.raises(OSError, match="gone"):
        await asyncio.wait_for(work.run(), 10)
    assert work.deaf.cancelled()


async def test_a_block_that_raises_ends_its_crew() -> None:
    async def fail(crew: Crew) -> None:
        await failing()

    work = Work(fail)
    with pytest.raises(OSError, match="gone"):
        await asyncio.wait_for(work.run(), 10)
    assert work.deaf.cancelled()


async def test_a_crew_goes_on_when_one_returns_and_ends_when_it_is_cancelled() -> None:
    async def start_one_that_returns(crew: Crew) -> None:
        await crew.start(asyncio.sleep(0))

    work = Work(start_one_that_returns)
    running = asyncio.create_task(work.run())
    await work.begun.wait()
    done, _ = await asyncio.wait([running], timeout=0.02)
    assert not done
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 10)
    assert work.deaf.cancelled()


async def test_what_a_task_raised_is_neither_raised_nor_logged(caplog: pytest.LogCaptureFixture) -> None:
    task = asyncio.create_task(failing())
    await asyncio.sleep(0)
    await end([task])
    assert isinstance(task.exception(), OSError)
    assert not caplog.records
