"""The topics: their names, shapes and settings, and the command that creates them.

Kafka is never left to create a topic by itself: its defaults would lose records or take nonsense timestamps.
"""

from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from streams.connections import MAX_RECORD_BYTES
from streams.errors import UserError
from streams.settings import Settings

POSTS = "posts"
ARTICLES = "articles"
TRACKED_EVENTS = "tracked-events"
MATCHES = "matches"
ALERTS = "alerts"
DELIVERIES = "deliveries"
CURSORS = "cursors"
DEAD_LETTERS = "dead-letters"

#: A record whose timestamp lies further ahead is refused by the broker: its bucket and its segment would never expire.
MAX_AHEAD_MILLISECONDS = 120_000


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as it is to be: `config` holds Kafka's own setting names."""

    name: str
    partitions: int
    config: dict[str, str]


def wanted(settings: Settings) -> tuple[Topic, ...]:
    """All topics as these settings want them, full names."""
    shared = {"message.timestamp.after.max.ms": str(MAX_AHEAD_MILLISECONDS), "max.message.bytes": str(MAX_RECORD_BYTES)}
    kept = {**shared, "cleanup.policy": "delete", "retention.ms": str(settings.retention * 1_000)}
    compacted = {**shared, "cleanup.policy": "compact"}
    shapes = {
        POSTS: (settings.partitions, kept),
        ARTICLES: (settings.partitions, kept),
        TRACKED_EVENTS: (1, compacted),
        MATCHES: (settings.partitions, kept),
        ALERTS: (1, kept),
        DELIVERIES: (1, compacted),
        CURSORS: (1, compacted),
        DEAD_LETTERS: (1, kept),
    }
    return tuple(Topic(settings.topic(name), partitions, config) for name, (partitions, config) in shapes.items())


async def create(client: AIOKafkaAdminClient, settings: Settings) -> list[str]:
    """Create the topics that are missing and return their names; existing ones are left as they are."""
    existing = set(await client.list_topics())
    missing = [topic for topic in wanted(settings) if topic.name not in existing]
    if missing:
        response = await client.create_topics(
            [NewTopic(t.name, t.partitions, settings.replication, topic_configs=t.config) for t in missing]
        )
        for name, code, *message in response.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                detail = message[0] if message and message[0] else error.__name__
                raise UserError(f"Kafka refused to create the topic {name}: {detail}", code=69)
    return [topic.name for topic in missing]


async def missing(client: AIOKafkaAdminClient, settings: Settings) -> list[str]:
    """The names of topics that do not exist yet."""
    existing = set(await client.list_topics())
    return [topic.name for topic in wanted(settings) if topic.name not in existing]
