"""The topics: their names, shapes and settings, and the command that creates them.

Kafka is never left to create a topic by itself: its defaults would lose records or take nonsense timestamps.
"""

from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from streams.connections import MAX_RECORD_BYTES, admin
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

#: Every topic by its short name.
ALL = (POSTS, ARTICLES, TRACKED_EVENTS, MATCHES, ALERTS, DELIVERIES, CURSORS, DEAD_LETTERS)

#: Set in the partition number of an article's lane, so that one number names topic and partition.
ARTICLE_LANE = 0x8000

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


async def misshapen(client: AIOKafkaAdminClient, settings: Settings) -> list[str]:
    """One line on each topic that has another number of partitions than is wanted."""
    shapes = {topic.name: topic.partitions for topic in wanted(settings)}
    found = {each["topic"]: len(each["partitions"]) for each in await client.describe_topics(list(shapes))}
    return [
        f"{name} has {found[name]} partitions, not {count}: delete it while it is empty and create it again, "
        "or say so with TOCSIN_PARTITIONS"
        for name, count in shapes.items()
        if (found.get(name) or count) != count  # 0: the topic is so new that not every broker knows of it
    ]


async def require(settings: Settings, *names: str) -> None:
    """Raise `UserError` where one of these topics (short names) isn't there.

    To be called before any of them is named to Kafka: a broker left to itself creates what it is asked about, wrongly.
    """
    async with admin(settings) as client:
        existing = set(await client.list_topics())
    lacking = [settings.topic(name) for name in names if settings.topic(name) not in existing]
    if lacking:
        raise UserError(
            f"Kafka at {settings.kafka} has no topic {', '.join(lacking)}: run `tocsin topics create`", code=69
        )


async def missing(client: AIOKafkaAdminClient, settings: Settings) -> list[str]:
    """The names of topics that do not exist yet."""
    existing = set(await client.list_topics())
    return [topic.name for topic in wanted(settings) if topic.name not in existing]
