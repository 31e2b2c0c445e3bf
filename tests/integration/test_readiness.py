"""/readyz tells the truth while Redis or Kafka is away, silent or back: on a worker and on `serve`."""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from streams.embedded import HOST, free_port
from tests.brokers import Kafka, Redis, eventually_sync
from tests.integration.system import System

pytestmark = pytest.mark.timeout(180)

#: Seconds in which a probe wants its answer, as Kubernetes' would be set.
ANSWER_LIMIT = 10.0


@pytest.fixture
def worker(apache_kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> Iterator[str]:
    """The address of a worker that is ready."""
    system = System(apache_kafka, redis_server, prefix, tmp_path)
    system.create_topics()
    address = f"{HOST}:{free_port()}"
    with system.process("worker", TOCSIN_WORKER_PORT=address.rpartition(":")[2]):
        _becomes(address, 200)
        yield address


def ready(address: str) -> tuple[int, dict[str, Any]]:
    """Status and page; 0 where nothing answers in time."""
    try:
        with urllib.request.urlopen(f"http://{address}/readyz", timeout=ANSWER_LIMIT) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)
    except OSError:
        return 0, {}


def _becomes(address: str, status: int) -> None:
    eventually_sync(partial(_is, address, status), 60, f"/readyz never became {status}")


def _is(address: str, status: int) -> bool:
    return ready(address)[0] == status


def _without(address: str, server: str) -> bool:
    status, page = ready(address)
    return status == 503 and page[server] is False


def test_a_worker_without_redis_is_not_ready_until_it_is_back(worker: str, redis_server: Redis) -> None:
    redis_server.stop()
    eventually_sync(lambda: _without(worker, "redis"), 60, "/readyz never said that Redis is away")
    redis_server.start()
    _becomes(worker, 200)


def test_a_worker_whose_redis_is_silent_says_so_in_time(worker: str, redis_server: Redis) -> None:
    """A paused Redis takes connections and answers nothing."""
    os.kill(redis_server.server.pid, signal.SIGSTOP)
    try:
        asked = time.monotonic()
        status, _ = ready(worker)
        assert status == 503
        assert time.monotonic() - asked < ANSWER_LIMIT
    finally:
        os.kill(redis_server.server.pid, signal.SIGCONT)
    _becomes(worker, 200)


def test_a_worker_without_kafka_is_not_ready_until_it_is_back(worker: str, apache_kafka: Kafka) -> None:
    apache_kafka.stop()
    _becomes(worker, 503)
    apache_kafka.start()
    _becomes(worker, 200)
