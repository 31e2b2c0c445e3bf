"""A whole Tocsin for a test: its settings, its commands as processes, its workers."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from streams.embedded import free_port
from streams.settings import Settings
from tests.brokers import ROOT, Kafka, Redis

#: Fewer than production's 24: each partition costs every worker, back-fill and recount a little time to start.
PARTITIONS = 4


class System:
    """Tocsin on the test's Kafka and Redis, apart from every other test's by its prefix."""

    def __init__(self, kafka: Kafka, redis: Redis, prefix: str, folder: Path) -> None:
        self.folder = folder
        self.variables = {
            "TOCSIN_KAFKA": kafka.bootstrap,
            "TOCSIN_REDIS": redis.url,
            "TOCSIN_PREFIX": prefix.rstrip("-"),
            "TOCSIN_TOPIC_PREFIX": prefix,
            "TOCSIN_GROUP": f"{prefix}workers",
            "TOCSIN_PARTITIONS": str(PARTITIONS),
            "TOCSIN_TOKEN": "secret",
            "TOCSIN_SESSION": "6s",  # how long a killed worker's partitions wait
        }
        self.settings = Settings.from_environment(self.variables)

    def tocsin(self, *arguments: str, expect: int | None = 0, input: bytes | None = None) -> str:
        """Run a command to its end and return what it printed. Fails unless it exits with `expect`."""
        done = subprocess.run(
            [sys.executable, "-m", "streams", *arguments],
            cwd=ROOT, env=self.environment(), input=input, capture_output=True, timeout=170, check=False,
        )  # fmt: skip
        said = done.stderr.decode()
        assert "Traceback" not in said, said
        assert expect is None or done.returncode == expect, f"{arguments} -> {done.returncode}\n{said}\n{done.stdout!r}"
        return done.stdout.decode() + (said if expect else "")

    def tocsin_json(self, *arguments: str, expect: int | None = 0) -> list[Any]:
        """Run a command with `--json`; its lines, parsed."""
        return [json.loads(line) for line in self.tocsin(*arguments, "--json", expect=expect).splitlines()]

    def worker(self) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """A worker process; killed at the end where it still runs."""
        return self.process("worker", TOCSIN_WORKER_PORT=str(free_port()))

    @contextmanager
    def process(self, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
        """A command that runs beside the test; killed at the end. What it logs goes to `COMMAND.log` in the folder."""
        with (self.folder / f"{arguments[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "streams", *arguments],
                cwd=ROOT, env=self.environment() | variables, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def recounts(self, *events: str, wait: str = "90s") -> dict[str, dict[str, Any]]:
        """`tocsin recount --json` by event id, whatever its exit code."""
        reports = self.tocsin_json("recount", *events, "--wait", wait, expect=None)
        return {report["event"]: report for report in reports}

    def environment(self) -> dict[str, str]:
        """What a process of this system is started with."""
        return {**os.environ, **self.variables}
