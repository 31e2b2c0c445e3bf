"""The brokers that the integration tests run on do what the tests and the worker rely on."""

import asyncio
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.structs import OffsetAndMetadata
from redis import Redis

from tests import brokers
from tests.brokers import eventually, eventually_sync, lives

DAY = 86_400_000  # milliseconds


async def _create(bootstrap: str, topic: str, partitions: int, **configs: str) -> list[int]:
    """The error codes that the broker answered."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        named = {name.replace("_", "."): value for name, value in configs.items()}
        answer = await admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=named)])
        return [error[1] for error in answer.topic_errors]
    finally:
        await admin.close()


async def _topics(bootstrap: str) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return list(await admin.list_topics())
    finally:
        await admin.close()


async def _produce(bootstrap: str, topic: str, values: list[bytes], timestamp: int | None = None) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all")
    await producer.start()
    try:
        for number, value in enumerate(values):
            at = None if timestamp is None else timestamp + number * 1000
            await producer.send_and_wait(topic, value, partition=0, timestamp_ms=at)
    finally:
        await producer.stop()


async def _read(bootstrap: str, topic: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    partition = TopicPartition(topic, 0)
    consumer.assign([partition])
    await consumer.start()
    try:
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        return [(await consumer.getone()).value for _ in range(end)]
    finally:
        await consumer.stop()


async def test_topics_have_the_partitions_and_configs_asked_for(kafka: brokers.Kafka, prefix: str) -> None:
    """24 partitions are created once; a name taken and a config unknown are refused by code."""
    topic = f"{prefix}posts"
    assert await _create(kafka.bootstrap, topic, 24, retention_ms=str(7 * DAY), cleanup_policy="delete") == [0]
    assert await _create(kafka.bootstrap, topic, 24) == [36]  # TOPIC_ALREADY_EXISTS
    assert await _create(kafka.bootstrap, f"{prefix}odd", 1, no_such_config="1") == [40]  # INVALID_CONFIG
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka.bootstrap)
    await consumer.start()
    try:
        assert len(consumer.assignment()) == 24
    finally:
        await consumer.stop()


async def test_offsets_times_and_commit_metadata(kafka: brokers.Kafka, prefix: str) -> None:
    """Records keep the timestamp they were given, are found by it, and a commit brings its metadata back."""
    topic, group = f"{prefix}posts", f"{prefix}workers"
    start = int(time.time() * 1000) - 6 * DAY
    await _create(kafka.bootstrap, topic, 1)
    await _produce(kafka.bootstrap, topic, [b"%d" % number for number in range(10)], start)
    partition = TopicPartition(topic, 0)
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=kafka.bootstrap, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        first = await asyncio.wait_for(consumer.getone(), 60)
        assert (first.offset, first.timestamp) == (0, start)
        found = await consumer.offsets_for_times({partition: start + 4_500})
        assert found[partition].offset == 5
        await consumer.commit({partition: OffsetAndMetadata(5, "applied:5")})
    finally:
        await consumer.stop()
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        committed = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    assert committed == {partition: OffsetAndMetadata(5, "applied:5")}


async def test_a_second_member_takes_half_and_gives_it_back(apache_kafka: brokers.Kafka, prefix: str) -> None:
    """A group shares its partitions, committing as it goes, and shares them anew when a member leaves."""
    kafka = apache_kafka
    topic, group = f"{prefix}posts", f"{prefix}workers"
    await _create(kafka.bootstrap, topic, 4)
    members = [
        AIOKafkaConsumer(topic, bootstrap_servers=kafka.bootstrap, group_id=group, heartbeat_interval_ms=200)
        for _ in range(2)
    ]
    for member in members:
        await member.start()
    try:
        await eventually(
            lambda: [len(member.assignment()) for member in members] == [2, 2], 60, "the group never shared"
        )
    finally:
        await members[1].stop()
    try:
        await eventually(lambda: len(members[0].assignment()) == 4, 60, "the leaver's partitions were never taken")
    finally:
        await members[0].stop()


async def test_kafka_keeps_its_records_over_a_restart(kafka: brokers.Kafka, prefix: str) -> None:
    """After stop and start, at the same address, what was acknowledged is there."""
    topic = f"{prefix}posts"
    await _create(kafka.bootstrap, topic, 1)
    await _produce(kafka.bootstrap, topic, [b"a", b"b"])
    kafka.restart()
    assert await _read(kafka.bootstrap, topic) == [b"a", b"b"]


async def test_apache_kafka_keeps_its_records_over_a_kill(apache_kafka: brokers.Kafka, prefix: str) -> None:
    """So after SIGKILL."""
    topic = f"{prefix}posts"
    await _create(apache_kafka.bootstrap, topic, 1)
    await _produce(apache_kafka.bootstrap, topic, [b"a", b"b"])
    apache_kafka.kill()
    apache_kafka.start()
    assert await _read(apache_kafka.bootstrap, topic) == [b"a", b"b"]


async def test_topics_of_a_prefix_are_deleted_and_no_others(kafka: brokers.Kafka, prefix: str) -> None:
    """What the fixture does after every test."""
    await _create(kafka.bootstrap, f"{prefix}a-posts", 1)
    await _create(kafka.bootstrap, f"{prefix}b-posts", 1)
    await asyncio.to_thread(kafka.delete_topics, f"{prefix}a-")

    async def only_the_other_is_left() -> bool:
        return [name for name in await _topics(kafka.bootstrap) if name.startswith(prefix)] == [f"{prefix}b-posts"]

    await eventually(only_the_other_is_left, 60, "the topics of the prefix were never gone")


def test_redis_keeps_its_keys_over_a_kill(redis_server: brokers.Redis, prefix: str) -> None:
    """What Redis acknowledged outlives SIGKILL, at the same address."""
    with Redis.from_url(redis_server.url) as redis:
        redis.set(f"{prefix}key", "kept", ex=60)
    pid = redis_server.server.pid
    redis_server.kill()
    assert not lives(pid)
    redis_server.start()
    with Redis.from_url(redis_server.url, decode_responses=True) as redis:
        assert redis.get(f"{prefix}key") == "kept"


def test_a_stopped_server_is_gone_and_comes_back(redis_server: brokers.Redis) -> None:
    """`stop` ends the process; the next start answers on the same port."""
    url, pid = redis_server.url, redis_server.server.pid
    redis_server.stop()
    eventually_sync(lambda: not lives(pid), 60, "redis-server went on")
    redis_server.start()
    assert redis_server.url == url
