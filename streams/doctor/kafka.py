"""Kafka: whether it answers, whether the topics are what the promises need, whether workers keep up."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from streams import topics
from streams.connections import admin, committed, kafka_refusal, log_partitions, reader
from streams.doctor.findings import FAIL, OK, WARN, Finding, absence
from streams.errors import UserError
from streams.settings import Settings, spell_duration
from streams.topics import ARTICLES, POSTS, TRACKED_EVENTS, Topic

#: Seconds for one question.
LIMIT = 10.0
#: Records behind the log's end that are worth a word: about 3 s of one worker's work.
LAG = 100_000


async def examine_kafka(settings: Settings) -> list[Finding]:
    """All of it; only that Kafka doesn't answer, where it doesn't."""
    found: list[Finding] = []
    try:
        async with asyncio.timeout(LIMIT * 3), admin(settings) as client:
            async for each in _examine(client, settings):
                found.append(each)
    except (KafkaError, OSError, TimeoutError) as error:
        found.append(absence(f"Kafka at {settings.kafka}", error, kafka_refusal(error), "TOCSIN_KAFKA to its address"))
    return found


async def _examine(client: AIOKafkaAdminClient, settings: Settings) -> AsyncIterator[Finding]:
    brokers = len((await client.describe_cluster())["brokers"])
    answers = f"Kafka answers at {settings.kafka}, {_count(brokers, 'broker')}"
    if brokers < settings.replication:
        to_do = f"start more, or lower TOCSIN_REPLICATION, {settings.replication}"
        yield Finding(WARN, answers, to_do)
    else:
        yield Finding(OK, answers)
    existing = {topic["topic"]: topic["partitions"] for topic in await client.describe_topics()}
    wanted = topics.wanted(settings)
    missing = [topic.name for topic in wanted if topic.name not in existing]
    if missing:
        yield Finding(FAIL, f"topics are missing: {', '.join(missing)}", "run `tocsin topics create`")
    present = [topic for topic in wanted if topic.name in existing]
    configs = await _configs(client, present)
    worst = 0
    for topic in present:
        for finding in _topic(topic, existing[topic.name], configs.get(topic.name), settings):
            worst += 1
            yield finding
    if present and not worst:
        yield Finding(OK, f"{_count(len(present), 'topic')} with the right partitions and settings")
    if not missing:
        async for finding in _workers(client, settings):
            yield finding


async def _configs(client: AIOKafkaAdminClient, present: list[Topic]) -> dict[str, dict[str, str]]:
    """Settings by topic; without the topics whose settings Kafka doesn't tell us."""
    if not present:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in present]
    try:
        responses = await client.describe_configs(asked)
    except KafkaError:
        return {}
    return {
        name: {entry[0]: entry[1] for entry in entries}
        for response in responses
        for code, _, _, name, entries in response.resources
        if code == 0
    }


def _topic(
    topic: Topic, partitions: list[Any], config: Mapping[str, str] | None, settings: Settings
) -> Iterator[Finding]:
    if len(partitions) != topic.partitions:
        told = f"topic {topic.name} has {_count(len(partitions), 'partition')}, expected {topic.partitions}"
        if topic.name == settings.topic(TRACKED_EVENTS):
            yield Finding(FAIL, told, "workers read one: delete it, create it and apply the events again")
        elif topic.partitions == settings.partitions:
            yield Finding(WARN, told, f"they cannot be changed: set TOCSIN_PARTITIONS={len(partitions)}")
        else:
            yield Finding(WARN, told, "order is lost between partitions: delete it and run `tocsin topics create`")
    if config is None:
        yield Finding(WARN, f"settings of topic {topic.name} are unknown, Kafka does not tell", "let us read them")
        return
    for name, expected in topic.config.items():
        found = config.get(name, "unknown")
        if found != expected:
            yield from _setting(settings, topic.name, name, expected, found)
    size = config.get("retention.bytes", "-1")
    if "retention.ms" in topic.config and size != "-1":
        told = f"topic {topic.name} has retention.bytes {size}: records go before their time when it fills up"
        yield Finding(WARN, told, _alter(settings, topic.name, "retention.bytes", "-1"))
    if config.get("message.timestamp.type", "CreateTime") != "CreateTime":
        told = f"topic {topic.name} stamps records with the broker's time"
        yield Finding(WARN, told, _alter(settings, topic.name, "message.timestamp.type", "CreateTime"))


def _setting(settings: Settings, topic: str, name: str, expected: str, found: str) -> Iterator[Finding]:
    to_do = _alter(settings, topic, name, expected)
    if name == "retention.ms" and found.lstrip("-").isdigit():
        kept = "for ever" if int(found) < 0 else spell_duration(int(found) // 1_000)
        told = f"topic {topic} keeps records {kept}, TOCSIN_RETENTION says {spell_duration(settings.retention)}"
        if topic not in (settings.topic(POSTS), settings.topic(ARTICLES)):
            yield Finding(WARN, told, to_do)
        elif 0 <= int(found) < int(expected):
            yield Finding(WARN, f"{told}: back-fills reach less far", to_do)
        else:
            lasting = "" if int(found) < 0 else f"set TOCSIN_RETENTION={kept}, or: "
            yield Finding(FAIL, f"{told}: what is read again may be counted no longer", lasting + to_do)
    elif not _harms_nothing(name, expected, found):
        level = WARN if found == "unknown" else FAIL
        yield Finding(level, f"topic {topic} has {name} {found}, expected {expected}", to_do)


def _harms_nothing(name: str, expected: str, found: str) -> bool:
    """Whether a bound differs from ours in the direction that is no trouble."""
    if not found.isdigit():
        return False
    if name == "max.message.bytes":
        return int(found) > int(expected)
    return name == "message.timestamp.after.max.ms" and int(found) < int(expected)


def _alter(settings: Settings, topic: str, name: str, value: str) -> str:
    where = f"--bootstrap-server {settings.kafka.split(',')[0]} --entity-type topics --entity-name {topic}"
    return f"kafka-configs.sh {where} --alter --add-config {name}={value}"


async def _workers(client: AIOKafkaAdminClient, settings: Settings) -> AsyncIterator[Finding]:
    try:
        partitions = await log_partitions(client, settings)
    except UserError as error:
        yield Finding(FAIL, str(error))
        return
    members = await _members(client, settings)
    group = f"group {settings.group}"
    if members is None:
        yield Finding(WARN, f"workers of {group} are unknown, Kafka does not tell", "let us read them")
    elif members == 0:
        yield Finding(WARN, f"no worker runs in {group}", "start one: `tocsin worker`")
    elif members > len(partitions):
        told = f"{_count(members, 'worker')} in {group} for {_count(len(partitions), 'partition')}"
        yield Finding(WARN, told, f"{members - len(partitions)} have nothing to do: stop them")
    else:
        yield Finding(OK, f"{_count(members, 'worker')} in {group}, {_count(len(partitions), 'partition')}")
    async with reader(settings) as consumer:
        starts, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    done = {tp: each.offset for tp, each in (await committed(client, settings, partitions)).items()}
    lost = sum(max(0, starts[tp] - offset) for tp, offset in done.items())
    if lost:
        to_do = "start more workers, or keep the log longer (TOCSIN_RETENTION and retention.ms)"
        yield Finding(FAIL, f"{lost} records were deleted by Kafka before a worker had read them", to_do)
    fresh = [tp for tp in partitions if tp not in done and ends[tp] > starts[tp]]
    if fresh:
        some = ", ".join(f"{tp.topic}/{tp.partition}" for tp in fresh[:3]) + (" …" if len(fresh) > 3 else "")
        told = f"{_count(len(fresh), 'partition')} with records and without a commit: {some}"
        yield Finding(WARN, told, "start a worker, or look at its /healthz and log")
    lag = sum(max(0, ends[tp] - max(done.get(tp, 0), starts[tp])) for tp in partitions)
    if (lag and not members) or lag > LAG:
        yield Finding(WARN, f"workers are {lag} records behind the log's end", "start more workers where it grows")
    else:
        yield Finding(OK, f"workers are {_count(lag, 'record')} behind the log's end")


async def _members(client: AIOKafkaAdminClient, settings: Settings) -> int | None:
    """Workers in the group; None where Kafka doesn't tell."""
    try:
        (response,) = await client.describe_consumer_groups([settings.group])
    except KafkaError as error:
        # No coordinator: nobody has ever joined any group of this cluster.
        return 0 if error.retriable else None
    ((code, *_, members),) = (tuple(group)[:6] for group in response.groups)
    return len(members) if code == 0 else None


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}" + ("" if n == 1 else "s")
