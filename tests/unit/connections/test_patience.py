"""Whoever waits for Redis says why."""

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from streams.connections import until_redis


async def test_a_wait_says_what_it_waits_for(caplog: pytest.LogCaptureFixture) -> None:
    answers: list[RedisConnectionError | int] = [RedisConnectionError("Connection closed by server."), 7]

    async def ask() -> int:
        answer = answers.pop(0)
        if isinstance(answer, RedisConnectionError):
            raise answer
        return answer

    assert await until_redis("counting runs", ask) == 7
    assert "counting runs: Redis does not do it, trying again: Connection closed by server" in caplog.messages
