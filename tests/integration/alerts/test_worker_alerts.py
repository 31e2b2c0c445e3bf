"""A real worker rings: posts tip a condition, the record has its evidence, and a removed event resolves."""

import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas import Alert
from streams.alerts.recorded import recent_alerts
from streams.connections import RedisLink
from streams.embedded import free_port
from streams.ingest.producing import Sender
from streams.trends import Catalog
from streams.worker.alerting import Alerting
from streams.worker.metrics import Metrics
from streams.worker.registry import Registry
from tests.brokers import Kafka, Redis, eventually
from tests.integration.log import post, produce
from tests.integration.system import System

pytestmark = pytest.mark.timeout(180)

EVENT = """\
id: greeting
title: Greeting
match: |
  hello
claims:
  loud: |
    hello world
alerts:
  - {name: swells, when: "count >= 4 and count(claim:loud) >= 2", window: 1h}
  - {name: never, when: "count >= 400"}
notify: [newsroom]
"""


async def recorded(system: System, n: int) -> list[Alert]:
    found = await recent_alerts(system.settings)
    return found if len(found) >= n else []


async def test_a_topic_that_is_gone_is_said_and_looked_for_again(
    kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = System(kafka, redis_server, prefix, tmp_path).settings
    link, metrics = RedisLink(settings), Metrics()
    catalog = Catalog(link.client, settings)
    registry = Registry(settings, catalog, metrics)
    registry.loaded.set()
    await Alerting(settings, link.client, catalog, registry, Sender(settings), metrics).follow()
    await link.close()
    assert f"interrupted, it starts again: Kafka at {settings.kafka} lacks {prefix}posts" in caplog.text


async def test_posts_that_tip_a_condition_are_recorded_with_their_evidence(
    kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path
) -> None:
    system = System(kafka, redis_server, prefix, tmp_path)
    system.variables["TOCSIN_GRAFANA"] = "https://grafana.example/"
    system.create_topics()
    (tmp_path / "greeting.yaml").write_text(EVENT, encoding="utf-8")
    system.tocsin("events", "apply", str(tmp_path / "greeting.yaml"))
    port, created = str(free_port()), datetime.now(UTC).isoformat()
    with system.process("worker", TOCSIN_WORKER_PORT=port):
        await produce(system, post(0, "hello", created_at=created))
        await eventually(lambda: system.posts("greeting") == 1, 60, "the first post was never counted")
        loud = [post(n, "Hello, world!", created_at=created, url=f"https://x.example/{n}") for n in (1, 2)]
        tipped = time.monotonic()
        await produce(system, *loud, post(3, "hello there", created_at=created))
        (fired,) = await eventually(lambda: recorded(system, 1), 60, "the alert never rang")
        assert time.monotonic() - tipped < 40  # promised within 15 s; this machine may be busy
        assert (fired.event, fired.alert, fired.state, fired.reason) == ("greeting", "swells", "firing", "condition")
        assert fired.values == {"count": 4.0, "count(claim:loud)": 2.0}
        assert (fired.posts, fired.texts, fired.coverage, fired.claims) == (4, 3, {"x": 4}, {"loud": 2})
        first = fired.samples[0]
        assert (first.text, first.copies, first.url) == ("Hello, world!", 2, "https://x.example/1")
        assert sum(span.last - span.first + 1 for span in fired.offsets) == 4
        assert fired.notify == ("newsroom",)
        assert fired.link is not None
        assert fired.link.startswith("https://grafana.example/d/tocsin-event?var-event=greeting&from=")
        replayed = system.tocsin("events", "validate", "--replay", str(tmp_path / "greeting.yaml"))
        assert "alert swells: would " in replayed  # by whole minutes: perhaps none has passed yet
        assert "alert never: would not have rung in less than an hour of the log" in replayed
        assert "match:" not in replayed
        system.tocsin("events", "remove", "greeting")
        _, resolved = await eventually(lambda: recorded(system, 2), 60, "the alert of the removed event never ended")
        assert (resolved.state, resolved.reason, resolved.title) == ("resolved", "removed", "Greeting")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            said = answer.read().decode()
    assert 'tocsin_worker_alert_transitions_total{state="firing"} 1.0' in said
    assert 'tocsin_worker_alert_transitions_total{state="resolved"} 1.0' in said
    assert "tocsin_worker_evaluation_seconds_count" in said
