"""A Redis that refuses for a while, and is there all the same, counts as away: nobody ends by it, everybody waits."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from streams import embedded
from streams.connections import REDIS_AWAY, RedisLink, how_away
from streams.settings import Settings
from tests.brokers import eventually


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[Any]:
    server = embedded.redis_server(tmp_path / "redis")
    server.start()
    link = RedisLink(Settings(redis=f"redis://{server.address}/0"))
    yield link.client
    await link.close()
    server.kill()


async def test_a_lost_replica(redis: Any) -> None:
    await redis.config_set("min-replicas-to-write", 1)
    with pytest.raises(REDIS_AWAY) as refused:
        await redis.set("a", 1)
    assert how_away(refused.value) == "Not enough good replicas to write"


async def test_a_full_disk(redis: Any, tmp_path: Path) -> None:
    await redis.config_set("save", "3600 1")
    (tmp_path / "redis" / "dump.rdb").mkdir()  # so that no snapshot can be written
    await redis.bgsave()

    async def failed() -> bool:
        return bool((await redis.info("persistence"))["rdb_last_bgsave_status"] == "err")

    await eventually(failed, 10)
    with pytest.raises(REDIS_AWAY) as refused:
        await redis.set("a", 1)
    assert "unable to persist to disk" in how_away(refused.value)


async def test_a_script_that_takes_long(redis: Any) -> None:
    await redis.config_set("lua-time-limit", 1)
    endless = asyncio.create_task(redis.eval("while true do end", 0))

    async def asked_for_ever() -> None:
        while True:
            await redis.get("a")

    with pytest.raises(REDIS_AWAY) as refused:
        await asked_for_ever()
    assert "SCRIPT KILL" in how_away(refused.value)
    await redis.script_kill()
    with pytest.raises(Exception, match="killed by user"):
        await endless
