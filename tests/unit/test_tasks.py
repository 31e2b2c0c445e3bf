"""Tasks are ended for sure, even where a cancellation is lost on the way."""

import asyncio

import pytest

from streams.tasks import end


async def test_a_cancellation_that_is_lost_is_said_again() -> None:
    async def deaf() -> None:
        with pytest.raises(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    await asyncio.wait_for(end([task]), 10)
    assert task.cancelled()


async def test_what_a_task_raised_is_neither_raised_nor_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def failing() -> None:
        raise OSError("gone")

    task = asyncio.create_task(failing())
    await asyncio.sleep(0)
    await end([task])
    assert isinstance(task.exception(), OSError)
    assert not caplog.records
