"""Delivery as a task of whole workers: one of them does it, shows it, and leaves in good order."""

import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from streams.embedded import free_port
from tests.brokers import Kafka, Redis, eventually
from tests.integration.delivery.receiver import always
from tests.integration.delivery.rig import OLD, Rig, rigged
from tests.integration.system import System


@pytest.fixture
async def rig(apache_kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with rigged(System(apache_kafka, redis_server, prefix, tmp_path)) as made:
        yield made


async def scrape(port: int) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as answer:
        return await answer.text()


@pytest.mark.timeout(240)
async def test_one_worker_delivers_and_the_next_takes_over(rig: Rig) -> None:
    inbox = rig.receiver.inbox("newsroom", always("200"), [OLD])
    rig.endpoint("newsroom")
    first_port, second_port = free_port(), free_port()
    with rig.system.process("worker", TOCSIN_WORKER_PORT=str(first_port)) as first:
        await rig.ring()
        await eventually(lambda: inbox.sequences == [1], 60, "no worker delivered")
        for line in (
            'tocsin_worker_webhook_deliveries_total{endpoint="newsroom",outcome="delivered"} 1.0',
            'tocsin_worker_webhook_deliveries_total{endpoint="newsroom",outcome="timeout"} 0.0',
            'tocsin_worker_webhook_attempts_total{endpoint="newsroom"} 1.0',
            "tocsin_worker_webhook_delay_seconds_count 1.0",
            'tocsin_worker_webhook_oldest_undelivered_seconds{endpoint="newsroom"} 0.0',
            'tocsin_worker_webhook_disabled{endpoint="newsroom"} 0.0',
            'tocsin_worker_webhook_sequence{endpoint="newsroom"} 1.0',
            "tocsin_worker_webhook_endpoints_fine 1.0",
        ):
            # The receiver has the message before the worker has its answer.
            await eventually(partial(_says, first_port, line), 60, f"/metrics never showed {line}")
        assert OLD.removeprefix("whsec_") not in await scrape(first_port)

        rig.file.write_text("newsroom: [", encoding="utf-8")
        await eventually(lambda: _says(first_port, "tocsin_worker_webhook_endpoints_fine 0.0"), 60)
        await rig.ring()
        await eventually(lambda: inbox.sequences == [1, 2], 60, "the good endpoints do not hold")
        rig.endpoint("newsroom")
        await eventually(lambda: _says(first_port, "tocsin_worker_webhook_endpoints_fine 1.0"), 60)

        with rig.system.process("worker", TOCSIN_WORKER_PORT=str(second_port)):
            await eventually(lambda: _says(second_port, "tocsin_worker_webhook_endpoints_fine 1.0"), 60)
            assert 'sequence{endpoint="newsroom"}' not in await scrape(second_port), "shown by whoever delivers"
            first.send_signal(signal.SIGTERM)
            await eventually(lambda: first.poll() is not None, 60, "the worker did not leave")
            assert first.returncode == 0
            await rig.ring()
            await eventually(lambda: inbox.sequences == [1, 2, 3], 60, "the second worker did not take over")
            last = 'tocsin_worker_webhook_sequence{endpoint="newsroom"} 3.0'
            await eventually(partial(_says, second_port, last), 60, f"/metrics never showed {last}")
    log = (rig.system.folder / "worker.log").read_text(encoding="utf-8")
    assert "The endpoints stay as they were: " in log
    assert "endpoints.yaml:1:" in log
    assert "Traceback" not in log, log
    assert "Unclosed" not in log, log
    assert OLD.removeprefix("whsec_") not in log


async def _says(port: int, line: str) -> bool:
    try:
        return line in (await scrape(port)).splitlines()
    except aiohttp.ClientError:
        return False
