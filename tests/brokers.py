"""The servers that integration tests run on: Apache Kafka from Maven's jars, and redis-server.

Owns where the jars lie, how a broker is configured, and what stands in for it where it can't run. What starts and ends
a process is streams.embedded's; which test gets what is conftest's.
"""

import asyncio
import base64
import inspect
import os
import re
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, overload

from aiokafka.admin import AIOKafkaAdminClient
from redis.asyncio import Redis as Client

from streams import embedded
from streams.embedded import HOST, Server

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache"
KAFKA_FILES = ROOT / "tests" / "kafka"
OLDEST_JAVA = 17
DOWNLOAD_LIMIT = 300  # seconds for 44 MB of jars; 15 are usual
START_LIMIT = 180.0  # seconds; Apache Kafka answers after 3 to 6, and ten times as late on a machine that others load
POLL = 0.02  # seconds between two looks at a condition
NODE_TIMEOUT = 2_000  # milliseconds after which a node of a Redis Cluster that is silent is held for dead

Answer = TypeVar("Answer")


class NoRealBrokerError(Exception):
    """Apache Kafka can't run here; the message says why."""


@dataclass
class Service:
    """A server that a test may stop, kill and start again; it keeps its address and its data."""

    server: Server
    describe: str
    """What runs, for the terminal summary."""

    def start(self) -> None:
        """Start it and wait until it answers; nothing to do where it runs."""
        self.server.start(START_LIMIT)

    def stop(self) -> None:
        """End it in good order."""
        self.server.stop()

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.server.kill()

    def restart(self) -> None:
        """Stop it and start it again."""
        self.stop()
        self.start()


@dataclass
class Kafka(Service):
    """A Kafka broker."""

    real: bool
    """Whether it is Apache Kafka, not the embedded stand-in."""

    @property
    def bootstrap(self) -> str:
        """What clients call bootstrap servers."""
        return self.server.address

    def delete_topics(self, prefix: str) -> None:
        """Delete every topic whose name begins so. For use where no event loop runs."""
        loop = asyncio.new_event_loop()  # asyncio.run() would take the loop of pytest-asyncio's fixtures away
        try:
            loop.run_until_complete(self._delete_topics(prefix))
        finally:
            loop.close()

    async def _delete_topics(self, prefix: str) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            doomed = [name for name in await admin.list_topics() if name.startswith(prefix)]
            if doomed:
                await admin.delete_topics(doomed)
        finally:
            await admin.close()


@dataclass
class Redis(Service):
    """A redis-server with an append-only file: what it acknowledged outlives stop, kill and start."""

    @property
    def url(self) -> str:
        """Its database 0."""
        return f"redis://{self.server.address}/0"


def apache_kafka(folder: Path) -> Kafka:
    """A single Apache Kafka node (KRaft, broker and controller in one), formatted and not started yet.

    Raises `NoRealBrokerError` where Java or the jars can't be had.
    """
    (server,) = apache_kafka_nodes([folder])
    return Kafka(server, f"Apache Kafka {_kafka_version()}", real=True)


def apache_kafka_nodes(folders: Sequence[Path]) -> list[Server]:
    """So many Apache Kafka nodes of one cluster, formatted and not started yet; all but one have to be in sync.

    Raises `NoRealBrokerError` as `apache_kafka` does.
    """
    java = _java()
    jars = _jars()
    ports = [(embedded.free_port(), embedded.free_port()) for _ in folders]
    voters = ",".join(f"{number}@{HOST}:{controller}" for number, (_, controller) in enumerate(ports, 1))
    cluster = cluster_id()
    servers = []
    for number, (folder, (port, controller)) in enumerate(zip(folders, ports, strict=True), 1):
        folder.mkdir(parents=True)
        settings = folder / "server.properties"
        node = {"node.id": number, "controller.quorum.voters": voters, "log.dirs": folder / "data"}
        settings.write_text(_kafka_settings(node, port, controller, len(folders)), encoding="utf-8")
        machine = [java, "-Xmx512m", "-XX:-UsePerfData", f"-Djava.io.tmpdir={folder}"]
        machine += [f"-Dlog4j2.configurationFile={KAFKA_FILES / 'log4j2.properties'}", "-cp", f"{jars}/*"]
        _run([*machine, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(settings)])
        command = [*machine, "kafka.Kafka", str(settings)]
        servers.append(Server("Apache Kafka", command, folder, port, embedded.kafka_answers))
    return servers


def cluster_id() -> str:
    """An id for a new cluster, as Kafka's tools write one; never begins with `-`, which they take for an option."""
    return base64.urlsafe_b64encode(b"\0" + uuid.uuid4().bytes[1:]).decode().rstrip("=")


def embedded_kafka(folder: Path) -> Kafka:
    """The broker that `tocsin demo` runs on, not started yet."""
    return Kafka(embedded.embedded_kafka(folder), f"noida-db {version('noida-db')}", real=False)


def redis(folder: Path) -> Redis:
    """A redis-server with an append-only file, not started yet."""
    server = embedded.redis_server(folder, "--appendonly", "yes")
    return Redis(server, "redis-server")


def redis_cluster_node(folder: Path, *options: str) -> Server:
    """A redis-server that can be a node of a Redis Cluster and is missed after `NODE_TIMEOUT`, not started yet."""
    folder.mkdir(parents=True)
    # The bus would else take the port 10,000 above, which may be that of an outgoing connection at the moment.
    bus = ("--cluster-port", str(embedded.free_port()))
    timeout = ("--cluster-node-timeout", str(NODE_TIMEOUT))
    return embedded.redis_server(folder, "--cluster-enabled", "yes", *bus, *timeout, *options)


async def cluster_agrees(nodes: Sequence[Server]) -> bool:
    """Whether every one of these Redis nodes says that the whole cluster serves."""
    for node in nodes:
        async with Client(host=HOST, port=node.port, socket_timeout=5) as client:
            if (await client.cluster("info"))["cluster_state"] != "ok":
                return False
    return True


def _kafka_settings(node: dict[str, object], port: int, controller_port: int, nodes: int) -> str:
    settings = {
        **node,
        "process.roles": "broker,controller",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "broker.session.timeout.ms": 3000,  # how long a killed broker must wait before it may register again
        "broker.heartbeat.interval.ms": 500,
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": 0,
        "offsets.topic.num.partitions": 4,
        "offsets.topic.replication.factor": nodes,
        "transaction.state.log.num.partitions": 4,
        "transaction.state.log.replication.factor": nodes,
        "transaction.state.log.min.isr": max(1, nodes - 1),
        "share.coordinator.state.topic.replication.factor": nodes,
        "share.coordinator.state.topic.min.isr": max(1, nodes - 1),
        "min.insync.replicas": max(1, nodes - 1),
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _java() -> str:
    java = shutil.which("java")
    if java is None:
        raise NoRealBrokerError("java is not installed")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    if found is None or int(found[1]) < OLDEST_JAVA:
        raise NoRealBrokerError(f"java is older than {OLDEST_JAVA}: {said.splitlines()[0] if said else 'says nothing'}")
    return java


def _jars() -> Path:
    """The folder of Apache Kafka's jars; downloaded once, whole or not at all."""
    jars = CACHE / f"kafka-{_kafka_version()}"
    if jars.is_dir():
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise NoRealBrokerError("mvn is not installed")
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kafka-download-", dir=CACHE) as download:
        target = Path(download) / "jars"
        goal = [f"-DoutputDirectory={target}", "dependency:copy-dependencies"]
        _run([maven, "-q", "-B", "-f", str(KAFKA_FILES / "pom.xml"), *goal])
        try:
            target.rename(jars)
        except OSError:
            if not jars.is_dir():  # another run was quicker
                raise
    return jars


def _kafka_version() -> str:
    pom = (KAFKA_FILES / "pom.xml").read_text(encoding="utf-8")
    found = re.search(r"<kafka\.version>(.+?)</kafka\.version>", pom)
    assert found, "tests/kafka/pom.xml names no kafka.version"
    return found[1]


def _run(command: list[str]) -> None:
    """Run a program to its end. Raises `NoRealBrokerError` with its last line where it fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=DOWNLOAD_LIMIT
        )
    except subprocess.TimeoutExpired:
        raise NoRealBrokerError(f"{Path(command[0]).name} took longer than {DOWNLOAD_LIMIT} s") from None
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines() or ["without a word"]
        error = next((line for line in lines if "ERROR" in line), lines[-1])
        raise NoRealBrokerError(f"{Path(command[0]).name} failed: {error[:300]}")


@overload
async def eventually(
    condition: Callable[[], Awaitable[Answer]], timeout: float = 60.0, message: str = ""
) -> Answer: ...
@overload
async def eventually(condition: Callable[[], Answer], timeout: float = 60.0, message: str = "") -> Answer: ...
async def eventually(condition: Callable[[], Any], timeout: float = 60.0, message: str = "") -> Any:
    """The first true answer of `condition`, asked again and again. Fails after `timeout` seconds, saying `message`.

    `message` says what never happened ("no group took the partitions"); without one the condition is named.
    """
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        _still_time(deadline, timeout, message, condition, answer)
        await asyncio.sleep(POLL)


def eventually_sync(condition: Callable[[], Answer], timeout: float = 60.0, message: str = "") -> Answer:
    """`eventually` for tests without an event loop."""
    deadline = time.monotonic() + timeout
    while not (answer := condition()):
        _still_time(deadline, timeout, message, condition, answer)
        time.sleep(POLL)
    return answer


def _still_time(deadline: float, timeout: float, message: str, condition: object, answer: object) -> None:
    if time.monotonic() > deadline:
        never = message or f"{getattr(condition, '__qualname__', condition)} never came true"
        raise AssertionError(f"{never} (waited {timeout:g} s, last answer: {answer!r})")


def lives(pid: int) -> bool:
    """Whether a process of this id runs (a zombie doesn't)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z")
