"""What was handed over for Kafka waits for it, however long it is away."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from streams.connections import producer
from streams.ingest import producing
from streams.ingest.producing import Outgoing, Sender
from tests.brokers import Kafka, Redis
from tests.integration.log import topic
from tests.integration.system import System

REQUEST_SECONDS = 0.5


def nobody(partition: TopicPartition) -> int:
    """The leader of a partition that has none."""
    return -1


async def test_what_waits_for_a_leader_for_longer_than_a_request_may_take_is_not_given_up(
    kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = System(kafka, redis_server, prefix, tmp_path)
    system.create_topics()
    quick = partial(producer, request_timeout_ms=int(REQUEST_SECONDS * 1_000))
    monkeypatch.setattr(producing, "producer", quick)
    sender = Sender(system.settings)
    await sender.start()
    assert sender._producer is not None
    cluster = sender._producer.client.cluster
    try:
        with monkeypatch.context() as away:
            away.setattr(cluster, "leader_for_partition", nobody)
            sent = await sender.send([Outgoing(system.settings.topic("posts"), b"x:1", b"{}", 1)])
            await asyncio.wait([sent], timeout=3 * REQUEST_SECONDS)
            assert not sent.done(), sent
        await sent
    finally:
        await sender.stop()
    assert [record.key for record in await topic(system.settings, "posts")] == [b"x:1"]
