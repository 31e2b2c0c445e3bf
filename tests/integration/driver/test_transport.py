"""The batch driver loses nothing: each test feeds ids, hurts a worker, and looks for every id in what was written."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.brokers import ROOT, Kafka, eventually

PARTITIONS = 4
IDS = 3_000

pytestmark = pytest.mark.timeout(180)


class Feed:
    """A topic full of ids, the group that reads it, and the ledger of what was processed."""

    def __init__(self, kafka: Kafka, prefix: str, folder: Path) -> None:
        self.kafka = kafka
        self.topic, self.group = f"{prefix}ids", f"{prefix}group"
        self.ledger = folder / "ledger"
        self._log = folder / "log"
        self.ledger.touch()

    @contextmanager
    def worker(self, *options: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker process; killed at the end where it still runs."""
        command = [sys.executable, "-m", "tests.integration.driver.program"]
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [*command, self.kafka.bootstrap, self.group, self.topic, str(self.ledger), *options],
                cwd=ROOT, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def processed(self) -> list[int]:
        """Every id written down, with repeats."""
        return [int(line) for line in self.ledger.read_text().split()]

    def said(self) -> str:
        """What all workers logged."""
        return self._log.read_text()

    def waits(self, times: int = 1) -> bool:
        """Whether so many workers said that they wait for Kafka."""
        return self.said().count("joining the group: Kafka does not do it") >= times

    async def until_processed(self, count: int) -> None:
        """Return when so many different ids are written down."""
        await eventually(lambda: len(set(self.processed())) >= count, 60, f"fewer than {count} ids were processed")

    async def committed(self) -> dict[int, tuple[int, str]]:
        """Partition -> (offset, metadata) of the group's commits."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.bootstrap)
        await admin.start()
        try:
            found = await admin.list_consumer_group_offsets(
                self.group, partitions=[TopicPartition(self.topic, number) for number in range(PARTITIONS)]
            )
        finally:
            await admin.close()
        return {tp.partition: (each.offset, each.metadata) for tp, each in found.items()}


@pytest.fixture
async def feed(kafka: Kafka, prefix: str, tmp_path: Path) -> Feed:
    feed = Feed(kafka, prefix, tmp_path)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(feed.topic, PARTITIONS, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        for number in range(IDS):
            await producer.send(feed.topic, str(number).encode(), partition=number % PARTITIONS)
    return feed


def exit_code(process: subprocess.Popen[bytes], seconds: float = 30) -> int:
    return process.wait(timeout=seconds)


async def test_every_record_is_processed_once_and_committed_with_the_generation(feed: Feed) -> None:
    with feed.worker() as worker:
        await feed.until_processed(IDS)
        each = IDS // PARTITIONS
        full = dict.fromkeys(range(PARTITIONS), (each, "7"))

        async def all_committed() -> bool:
            return await feed.committed() == full

        await eventually(all_committed, 60, "no full commit")
        worker.send_signal(signal.SIGTERM)
        assert exit_code(worker) == 0
    assert sorted(feed.processed()) == list(range(IDS))


async def test_a_raise_inside_the_agent_ends_the_process_and_loses_nothing(feed: Feed) -> None:
    with feed.worker("--raise-at", "1025") as worker:
        assert exit_code(worker) != 0
    assert len(set(feed.processed())) < IDS
    with feed.worker():
        await feed.until_processed(IDS)
    assert set(feed.processed()) == set(range(IDS))


async def test_a_kill_in_mid_run_loses_nothing(feed: Feed) -> None:
    for count in (400, 900, 1_600):
        with feed.worker("--pause", "0.05") as worker:
            await feed.until_processed(count)
            worker.kill()
    with feed.worker():
        await feed.until_processed(IDS)
    assert set(feed.processed()) == set(range(IDS))


async def test_workers_that_join_and_leave_lose_nothing_and_repeat_little(feed: Feed) -> None:
    with feed.worker("--pause", "0.05") as first:
        await feed.until_processed(300)
        with feed.worker("--pause", "0.05") as second:
            await feed.until_processed(1_200)
            first.send_signal(signal.SIGTERM)
            assert exit_code(first) == 0
            with feed.worker("--pause", "0.05"):
                await feed.until_processed(2_000)
                second.send_signal(signal.SIGTERM)
                assert exit_code(second) == 0
                await feed.until_processed(IDS)
    processed = feed.processed()
    assert set(processed) == set(range(IDS))
    # A rebalance may repeat what was in the agents' hands: at most a full queue of runs of 50 for each of the three.
    assert len(processed) - IDS <= 3 * 5 * 50


async def test_a_kafka_that_is_away_when_the_worker_starts_is_waited_for(feed: Feed) -> None:
    feed.kafka.stop()
    try:
        with feed.worker() as never_joined:
            await eventually(feed.waits, 60, "the worker said nothing of a Kafka that is away")
            never_joined.send_signal(signal.SIGTERM)
            assert exit_code(never_joined) == 0
        with feed.worker():
            await eventually(lambda: feed.waits(2), 60, "the worker said nothing of a Kafka that is away")
            await asyncio.to_thread(feed.kafka.start)
            await feed.until_processed(IDS)
    finally:
        feed.kafka.start()
    assert "Traceback" not in feed.said()


async def test_a_kafka_that_hangs_keeps_no_worker_from_ending(feed: Feed) -> None:
    broker = feed.kafka.server.pid
    with feed.worker("--request-timeout", "60") as worker:
        await feed.until_processed(IDS)
        os.kill(broker, signal.SIGSTOP)
        try:
            worker.send_signal(signal.SIGTERM)
            assert exit_code(worker) == 0
        finally:
            os.kill(broker, signal.SIGCONT)


async def test_starts_that_take_longer_than_faust_waits_are_waited_for(feed: Feed) -> None:
    with feed.worker("--start-delay", "9"):
        await feed.until_processed(1)
        with feed.worker("--start-delay", "9"):
            await feed.until_processed(IDS)
    assert set(feed.processed()) == set(range(IDS))
