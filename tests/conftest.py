"""Fixtures of every test.

`kafka` and `redis_server` are started once, when the first test asks for them, and run until the session's end; a test
may stop, kill and restart them, the next one finds them running again. Tests share both, so each keeps to names that
begin with its own `prefix`: topics, consumer groups, Redis keys. Its topics are deleted after it. Tests that use a
server bear the marker `integration`. `pytest -n 2` runs them in two processes, each with servers of its own.
"""

import os
import re
import uuid
from collections.abc import Iterator
from typing import Any, TypeVar

import hypothesis
import pytest

from tests import brokers

Each = TypeVar("Each", bound=brokers.Service)

SERVERS = {"kafka", "redis_server"}
STAND_IN = pytest.StashKey[str]()
RUNS_ON = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    # For `--hypothesis-profile=thorough`: the equivalence of matcher and slow evaluator on 100,000 pairs.
    hypothesis.settings.register_profile("thorough", max_examples=6_250)
    config.addinivalue_line("markers", "integration: uses a broker or a Redis (added by itself)")
    config.stash[RUNS_ON] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if SERVERS.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("integration")


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)  # of a process that runs part of the tests
    if output is not None:
        output["runs_on"] = session.config.stash[RUNS_ON]
        output["stand_in"] = session.config.stash.get(STAND_IN, "")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over what such a process ran on."""
    known = node.config.stash[RUNS_ON]
    known += [each for each in node.workeroutput["runs_on"] if each not in known]
    if node.workeroutput["stand_in"]:
        node.config.stash[STAND_IN] = node.workeroutput["stand_in"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    runs_on = config.stash[RUNS_ON]
    if runs_on:
        terminalreporter.write_line(f"integration tests ran on {' and '.join(runs_on)}")
    if reason := config.stash.get(STAND_IN, ""):
        terminalreporter.write_line(
            f"NOT on Apache Kafka ({reason}): install Java {brokers.OLDEST_JAVA} and Maven to run them on it",
            yellow=True,
        )


@pytest.fixture(scope="session")
def kafka_session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[brokers.Kafka]:
    """The broker of this session; tests take `kafka`."""
    folder = tmp_path_factory.mktemp("kafka") / "broker"
    try:
        kafka = brokers.apache_kafka(folder)
    except brokers.NoRealBrokerError as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no Apache Kafka to test on, and CI=true asks for it: {reason}", pytrace=False)
        request.config.stash[STAND_IN] = str(reason)
        kafka = brokers.embedded_kafka(folder)
    yield from _run(kafka, request.config)


@pytest.fixture(scope="session")
def redis_session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[brokers.Redis]:
    """The Redis of this session; tests take `redis_server`."""
    yield from _run(brokers.redis(tmp_path_factory.mktemp("redis")), request.config)


def _run(service: Each, config: pytest.Config) -> Iterator[Each]:
    service.start()
    config.stash[RUNS_ON].append(service.describe)
    yield service
    service.stop()


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """What the names of this test's topics, groups and Redis keys begin with; no other test has it."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    return f"{name[:60]}-{uuid.uuid4().hex[:8]}-"


@pytest.fixture
def kafka(kafka_session: brokers.Kafka, prefix: str) -> Iterator[brokers.Kafka]:
    """A running Kafka broker, given to this test as it likes; the topics of its `prefix` are deleted afterwards."""
    kafka_session.start()
    yield kafka_session
    kafka_session.start()
    kafka_session.delete_topics(prefix)


@pytest.fixture
def apache_kafka(kafka: brokers.Kafka) -> brokers.Kafka:
    """`kafka` for a test that the stand-in can't pass; skipped on it.

    noida-db 0.2.3 refuses commits while a group rebalances and then never ends the rebalance, keeps a lone member that
    vanished for ever, and makes a topic of every name it is asked about.
    """
    if not kafka.real:
        pytest.skip(f"needs Apache Kafka, runs on {kafka.describe}")
    return kafka


@pytest.fixture
def redis_server(redis_session: brokers.Redis) -> brokers.Redis:
    """A running redis-server, given to this test as it likes."""
    redis_session.start()
    return redis_session
