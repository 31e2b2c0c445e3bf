"""`tocsin recount` on a counter that somebody changed by hand: it says where, and puts it right."""

from pathlib import Path

import pytest
from redis.asyncio import Redis as Client

from streams.connections import reader
from streams.topics import POSTS
from tests.brokers import Kafka, Redis
from tests.integration.log import post, produce
from tests.integration.system import System

pytestmark = pytest.mark.timeout(180)


async def test_what_differs_is_named_and_repaired(
    kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path
) -> None:
    system = System(kafka, redis_server, prefix, tmp_path)
    system.create_topics()
    system.tocsin("events", "apply", system.write_event("hello"))
    await produce(system, *(post(number, "hello") for number in range(20)))
    with system.worker():
        before = system.recounts("greeting")["greeting"]
        assert before["equal"]
        async with Client.from_url(redis_server.url, decode_responses=True) as redis:
            pattern = f"{system.settings.prefix}:*[{{]greeting@{before['revision']}[}}]:1m:*"
            (key,) = [key async for key in redis.scan_iter(match=pattern)]
            field = next(field for field in await redis.hkeys(key) if str(field).endswith("|all"))
            await redis.hincrby(key, field, 5)
        assert not system.recounts("greeting")["greeting"]["equal"]
        found, repaired = system.tocsin_json("recount", "greeting", "--repair", "--wait", "90s")
        assert (found["revision"], found["differences"]) == (before["revision"], 1)
        assert (found["first"][0]["key"], found["first"][0]["field"]) == (key, field)
        assert int(found["first"][0]["found"]) == int(found["first"][0]["expected"]) + 5
        assert repaired["equal"]
        assert repaired["posts"] == 20
        assert repaired["revision"] != before["revision"]
        record = await anywhere(system)
        (since,) = system.tocsin_json("recount", "greeting", "--from", "1d")
        assert (since["equal"], since["posts"]) == (True, 20)
        for start in ("0s", record):  # nothing would be compared, which is not equal
            assert "no hour has begun since" in system.tocsin("recount", "greeting", "--from", start, expect=2)
    for wrong, said in ((record + "999", "holds the offsets from 0 to"), ("posts/999/0", "no partition 999")):
        assert said in system.tocsin("recount", "--from", wrong, expect=2)


async def anywhere(system: System) -> str:
    """A record of the log, as `--from` takes it."""
    async with reader(system.settings) as consumer:
        consumer.subscribe([system.settings.topic(POSTS)])
        record = await consumer.getone()
    return f"{POSTS}/{record.partition}/{record.offset}"
