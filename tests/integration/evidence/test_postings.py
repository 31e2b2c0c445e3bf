"""Records read back from the log by partition and offset, on a real broker: near, far apart, large, and gone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from schemas import Article, Post
from streams.connections import admin
from streams.errors import UserError
from streams.evidence import NEAR, Place, Postings, place
from streams.topics import ARTICLE_LANE, create
from tests.brokers import Kafka, Redis
from tests.integration.log import post, produce, topic
from tests.integration.system import System

POSTS = 2_000


@pytest.fixture
async def system(apache_kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> System:
    """Some thousand posts, a deletion, rubbish, and an article larger than what is fetched at a time."""
    made = System(apache_kafka, redis_server, prefix, tmp_path)
    async with admin(made.settings) as kafka:
        await create(kafka, made.settings)
    await produce(made, *(post(n, f"text {n}") for n in range(POSTS)))
    await produce(made, b"rubbish", {"platform": "x", "id": "gone", "op": "delete", "version": 1})
    article = {"url": "https://e.org/a", "op": "create", "version": 0, "title": "T", "body": "long " * 180_000}
    outlet = {"domain": "e.org"}
    await produce(made, {**article, "outlet": outlet, "platform": "x", "id": "a"}, topic="articles")
    return made


@pytest.fixture
async def postings(system: System) -> AsyncIterator[Postings]:
    made = Postings(system.settings)
    yield made
    await made.close()


async def log(system: System, name: str) -> dict[Place, bytes]:
    """Everything in a topic."""
    return {Place(raw.topic, raw.partition, raw.offset): raw.value for raw in await topic(system.settings, name)}


async def test_what_lies_at_a_place_is_read(system: System, postings: Postings) -> None:
    everything = await log(system, "posts")
    far_apart = sorted(everything)[:: NEAR + 1]
    for wanted in ([far_apart[0]], far_apart, sorted(everything)[:40]):
        found = await postings.read(wanted)
        for at in wanted:
            record = found.get(at)
            if b'"op"' in everything[at] and b'"delete"' not in everything[at]:
                assert isinstance(record, Post)
                assert record.text.encode() in everything[at]
            else:
                assert record is None
    assert len(await postings.read(everything)) == POSTS


async def test_articles_lie_in_lanes_of_their_own(system: System, postings: Postings) -> None:
    ((at, _),) = (await log(system, "articles")).items()
    assert place(system.settings, ARTICLE_LANE | at.partition, at.offset) == at
    assert place(system.settings, 3, 7) == Place(system.settings.topic("posts"), 3, 7)
    assert isinstance((await postings.read([at]))[at], Article)


async def test_what_retention_took_and_what_never_was_is_absent(system: System, postings: Postings) -> None:
    everything = sorted(await log(system, "posts"))
    in_first = [at for at in everything if at.partition == everything[0].partition]
    async with admin(system.settings) as kafka:
        partition = TopicPartition(in_first[0].topic, in_first[0].partition)
        await kafka.delete_records({partition: RecordsToDelete(in_first[5].offset)})
    beyond = Place(in_first[0].topic, in_first[0].partition, in_first[-1].offset + 1_000)
    found = await postings.read([*in_first[:10], beyond])
    assert sorted(found) == in_first[5:10]
    assert await postings.read([]) == {}


async def test_without_the_topics_it_says_what_to_do(apache_kafka: Kafka, redis_server: Redis, tmp_path: Path) -> None:
    bare = System(apache_kafka, redis_server, "nothing-here-", tmp_path)
    postings = Postings(bare.settings)
    with pytest.raises(UserError, match="tocsin topics create"):
        await postings.read([place(bare.settings, 0, 0)])
    await postings.close()
