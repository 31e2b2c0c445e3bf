"""What a test puts into Kafka's topics, and what it reads back from them."""

import json

from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from streams.connections import admin, batches, held, producer, reader
from streams.settings import Settings
from tests.integration.system import System


def post(number: int, text: str, **more: object) -> dict[str, object]:
    """A post of X by ada, as a record."""
    author = {"id": "7", "handle": "ada"}
    return {"platform": "x", "id": str(number), "op": "create", "version": 0, "author": author, "text": text, **more}


async def produce(system: System, *records: dict[str, object] | bytes, topic: str = "posts") -> None:
    """Send records; bytes go as they are, under the key x:bad."""
    async with producer(system.settings) as sender:
        for record in records:
            raw = record if isinstance(record, bytes) else json.dumps(record).encode()
            key = b"x:bad" if isinstance(record, bytes) else f"{record['platform']}:{record['id']}".encode()
            await sender.send(system.settings.topic(topic), raw, key=key)


async def topic(settings: Settings, name: str) -> list[ConsumerRecord]:
    """All records of a topic, by partition and offset."""
    full = settings.topic(name)
    async with admin(settings) as client:
        (described,) = await client.describe_topics([full])
    partitions = [TopicPartition(full, each["partition"]) for each in described["partitions"]]
    found: list[ConsumerRecord] = []
    async with reader(settings) as consumer:
        async for _, records in batches(consumer, await held(consumer, partitions)):
            found += records
    return sorted(found, key=lambda record: (record.partition, record.offset))
