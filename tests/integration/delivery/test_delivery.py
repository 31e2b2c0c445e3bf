"""Delivery over a real Kafka, a real Redis and real HTTP, in time that passes as it does or faster."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.brokers import Kafka, Redis, eventually
from tests.integration.delivery.receiver import always
from tests.integration.delivery.rig import OLD, Rig, rigged
from tests.integration.system import System

#: A second is 2 ms: five minutes are 0.6 s.
FAST = {"second": 0.002, "timeout": 0.4, "lease": 1, "poll": 0.2}


@pytest.fixture
async def rig(apache_kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with rigged(System(apache_kafka, redis_server, prefix, tmp_path)) as made:
        yield made


async def test_a_receiver_that_hangs_delays_no_other(rig: Rig) -> None:
    hanging = rig.receiver.inbox("hanging", always("nothing"), [OLD])
    calm = rig.receiver.inbox("calm", always("200"), [OLD])
    for name in ("hanging", "calm"):
        rig.endpoint(name)
    with rig.deliverer({"poll": 0.2}):  # time as it is: the hanging one takes 15 s
        for number in range(1, 6):
            began = time.time()
            await rig.ring()
            await eventually(lambda n=number: len(calm.taken) == n, 30)  # type: ignore[misc]
            if number > 1:
                assert time.time() - began < 5
    assert calm.sequences == [1, 2, 3, 4, 5]
    assert calm.most_under_way == hanging.most_under_way == 1
    assert not hanging.taken
    assert calm.unverified == hanging.unverified == 0
