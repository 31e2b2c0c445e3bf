"""A whole Tocsin for a test: its settings, its commands as processes, its workers."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from streams import topics
from streams.connections import RedisLink, admin
from streams.embedded import free_port
from streams.settings import Settings
from streams.trends import Catalog, Windows
from streams.trends.outlook import Outlook
from streams.trends.overview import Summary, overview
from tests.brokers import ROOT, Kafka, Redis, eventually

#: Fewer than production's 24: each partition costs every worker, back-fill and recount a little time to start.
PARTITIONS = 4


Answer = TypeVar("Answer")


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

    def create_topics(self) -> None:
        """What `tocsin topics create` does, in a quarter of the time: nearly every test begins with it."""
        _in_own_loop(self._create_topics())

    async def _create_topics(self) -> None:
        settings = Settings.from_environment(self.variables)
        async with admin(settings) as client:
            await topics.create(client, settings)
            names = [topic.name for topic in topics.wanted(settings)]

            async def are_known() -> bool:
                return all(each["partitions"] for each in await client.describe_topics(names))

            await eventually(are_known, 60, "the broker never knew of the topics that it had created")

    def write_event(self, rule: str) -> str:
        """A file of the event `greeting`, which one rule matches; its path."""
        path = self.folder / "greeting.yaml"
        path.write_text(f"id: greeting\ntitle: Greeting\nmatch: |\n  {rule}\n", encoding="utf-8")
        return str(path)

    def posts(self, event: str, window: str = "24h") -> int:
        """Posts of an event in a window, as `tocsin trends` shows them; 0 while the event isn't there."""
        shown = self.summaries()
        return shown[event].posts[window] if event in shown else 0

    def summaries(self) -> dict[str, Summary]:
        """What `tocsin trends` shows, by event: cheap enough to be asked again and again."""
        return {each.event.id: each for each in _in_own_loop(self._overview())}

    async def _overview(self) -> list[Summary]:
        link = RedisLink(self.settings)
        try:
            catalog, windows = Catalog(link.client, self.settings), Windows(link.client, self.settings)
            return await overview(catalog, windows, None, Outlook(link.client, self.settings))
        finally:
            await link.close()

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


def _in_own_loop(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run it to its end, whether or not a loop runs here already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
