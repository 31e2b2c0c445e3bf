"""A commit that was given up: aiokafka goes on with it, and nobody waits for how it ends."""

import asyncio
import gc

import pytest
from aiokafka.errors import NotCoordinatorForGroupError

from streams.transport import leave_commits_alone


@pytest.mark.parametrize(("name", "is_said"), [("_do_commit_offsets", False), ("_anything_else", True)])
def test_only_the_end_of_a_commit_is_passed_over(name: str, is_said: bool, caplog: pytest.LogCaptureFixture) -> None:
    """What a shielded task raises after the wait for it has ended goes to the loop's handler."""
    asyncio.run(_give_up(name))
    assert ("never retrieved" in caplog.text) is is_said


async def _give_up(name: str) -> None:
    asyncio.get_running_loop().set_exception_handler(leave_commits_alone)
    given_up = asyncio.Event()

    async def refused() -> None:
        await given_up.wait()
        raise NotCoordinatorForGroupError

    refused.__name__ = name
    inner = asyncio.ensure_future(refused())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(inner), 0.01)
    given_up.set()
    await asyncio.wait([inner])
    del inner
    gc.collect()
