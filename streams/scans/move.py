"""Growth: the log copied into another set of topics, with another number of partitions.

Partitions are a topic's for life, for another number would spread a post's records. Copied partition by partition, in
order, and keyed as everything is, they lie in one again, with their Kafka timestamps. How far the copy has come is
committed under a group of its own, so that it goes on where it ended. Knows no Redis: counts are made anew.
"""

from dataclasses import dataclass, replace

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.connections import Extent, Progress, admin, batches, held, reader
from streams.errors import UserError
from streams.ingest.producing import Outgoing, Sender
from streams.settings import Settings
from streams.topics import ALERTS, ARTICLES, CURSORS, DELIVERIES, POSTS, TRACKED_EVENTS, create, misshapen, require

#: What is copied; `matches` and `dead-letters` come anew as the copy is read.
MOVED = (POSTS, ARTICLES, TRACKED_EVENTS, ALERTS, DELIVERIES, CURSORS)


@dataclass(frozen=True, slots=True)
class Moved:
    """What one run did: records copied by topic (short name), and the topics that it created."""

    copied: dict[str, int]
    created: list[str]


async def move(settings: Settings, prefix: str, partitions: int, progress: Progress = lambda done, of: None) -> Moved:
    """Copy what the topics hold now and a run before has not copied. Raises `UserError`."""
    if prefix == settings.topic_prefix:
        raise UserError(f"--to is {prefix!r}, the TOCSIN_TOPIC_PREFIX in force: give the new topics another one")
    new = replace(settings, topic_prefix=prefix, partitions=partitions)
    await require(settings, *MOVED)
    async with admin(new) as client:
        created = await create(client, new)
        if wrong := await misshapen(client, new):
            raise UserError("; ".join(wrong), code=1)
        shapes = await client.describe_topics([settings.topic(name) for name in MOVED])
    sources = [TopicPartition(each["topic"], part["partition"]) for each in shapes for part in each["partitions"]]
    short = {settings.topic(name): name for name in MOVED}
    copied = dict.fromkeys(MOVED, 0)
    sender = Sender(new)
    await sender.start()
    try:
        group = f"{settings.group}.move.{prefix}"
        # What deliveries' writer took back is not to stand in the copy.
        async with reader(
            settings, group_id=group, max_poll_records=2_000, isolation_level="read_committed"
        ) as consumer:
            extent, done = await _left(consumer, sources), 0
            async for tp, records in batches(consumer, extent):
                name = new.topic(short[tp.topic])
                batch = [Outgoing(name, each.key, each.value, each.timestamp) for each in records]
                await (await sender.send(batch))
                await consumer.commit({tp: records[-1].offset + 1})  # after it is confirmed: never a gap
                copied[short[tp.topic]] += len(records)
                done += len(records)
                progress(done, extent.records)
    finally:
        await sender.stop()
    return Moved(copied, created)


async def _left(consumer: AIOKafkaConsumer, sources: list[TopicPartition]) -> Extent:
    """What the topics hold now, from where the run before ended."""
    extent = await held(consumer, sources)
    return Extent(
        {tp: max(start, await consumer.committed(tp) or 0) for tp, start in extent.starts.items()}, extent.ends
    )
