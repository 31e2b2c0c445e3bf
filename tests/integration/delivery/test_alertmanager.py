"""A real Alertmanager shows what fires, for as long as it does, and no longer."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from streams.embedded import Server, free_port
from tests.brokers import Kafka, Redis, eventually
from tests.integration.delivery.rig import Rig, rigged
from tests.integration.system import System

#: A second is 20 ms: it is reminded every 1.2 s, and forgets after 6.
PACE = {"second": 0.02, "timeout": 5.0, "lease": 5, "poll": 0.2}
FORGETS = 6.0


@pytest.fixture
async def rig(apache_kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with rigged(System(apache_kafka, redis_server, prefix, tmp_path)) as made:
        yield made


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[str]:
    """The address of a running Alertmanager."""
    program = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Alertmanager to test on, and CI=true asks for it: apt-get install prometheus-alertmanager")
        pytest.skip("needs Alertmanager: apt-get install prometheus-alertmanager")
    folder = tmp_path / "alertmanager"
    folder.mkdir()
    config = folder / "alertmanager.yml"
    config.write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n", encoding="utf-8")
    port = free_port()
    server = Server(
        "Alertmanager",
        [program, f"--config.file={config}", f"--storage.path={folder}/data",
         f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="],
        folder, port, _answers,
    )  # fmt: skip
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.kill()


def _answers(port: int) -> bool:
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


async def test_alertmanager_shows_what_fires_until_it_is_resolved(rig: Rig, alertmanager: str) -> None:
    rig.endpoint("on-call", type="alertmanager", url=alertmanager, secrets=None)
    since = datetime.now(UTC)
    async with aiohttp.ClientSession() as session:

        async def shown() -> list[dict[str, Any]]:
            async with session.get(f"{alertmanager}/api/v2/alerts") as answer:
                assert answer.status == 200
                found: list[dict[str, Any]] = await answer.json()
                return found

        with rig.deliverer(PACE):
            await rig.ring(title="The offer", since=since, values={"burst": 6.2}, link="http://grafana.example/d/1")
            (firing,) = await eventually(shown, 60, "Alertmanager shows no alert")
            assert firing["labels"] == {"alertname": "surge", "event": "kursk", "source": "tocsin"}
            assert firing["annotations"]["summary"] == "The offer: surge firing"
            assert firing["generatorURL"] == "http://grafana.example/d/1"
            assert firing["status"]["state"] == "active"

            still, began = firing, time.monotonic()
            while time.monotonic() - began < FORGETS + 2:  # reminded: it goes on past the first message's end
                (still,) = await shown()
                assert still["startsAt"] == firing["startsAt"]
                await asyncio.sleep(0.3)
            assert still["endsAt"] > firing["endsAt"]

            await rig.ring(state="resolved", since=since)
            began = time.monotonic()
            await eventually(_none(shown), 60, "Alertmanager still shows it")
            assert time.monotonic() - began < FORGETS


def _none(shown: Any) -> Any:
    async def none() -> bool:
        return not await shown()

    return none
