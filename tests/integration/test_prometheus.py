"""Real Prometheus and Alertmanager, with the repository's own files, over a worker and `serve` that run.

Every query of every panel and rule is put to it; what an alert says arrives where alerts go.
"""

import asyncio
import os
import re
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
import yaml

from schemas import Connector
from streams.connections import RedisLink
from streams.embedded import HOST, Server, free_port
from streams.trends import Catalog
from streams.trends.connectors import Connectors
from streams.trends.judgements import Judgement, Judgements
from tests.brokers import ROOT, Kafka, Redis, eventually_sync
from tests.grafana.queries import RECORDED, dashboards, needs_others, panels
from tests.integration.system import System

CONFIGURATION = ROOT / "grafana" / "prometheus"
EVENT = "kursk-surrender-offer"
SAMPLE = [str(ROOT / "seeds" / "sample" / f"{name}.ndjson.gz") for name in ("posts", "articles")]


#: An event that one post lets ring, and the endpoint that it notifies.
RINGING = """
id: ringing
title: Rings at once
match: |
  ringing
alerts:
  - {name: rings, when: count >= 1}
notify: [newsroom]
"""
ENDPOINTS = """
newsroom:
  url: http://127.0.0.1:%s/
  secrets: [whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0]
  allow_http: true
  allow_private: true
"""


@contextmanager
def receiver() -> Iterator[int]:
    """The port of a receiver that takes everything."""

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer((HOST, 0), Taking) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def programs() -> list[str]:
    """Prometheus and Alertmanager, as Debian names them."""
    names = ["prometheus", "prometheus-alertmanager"]
    found = [path for path in map(shutil.which, names) if path is not None]
    if len(found) < len(names):
        if os.environ.get("CI") == "true":
            pytest.fail("no Prometheus to test on, and CI=true asks for it: apt-get install " + " ".join(names))
        pytest.skip("needs Prometheus and Alertmanager: apt-get install " + " ".join(names))
    return found


@pytest.fixture
def system(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> Iterator[System]:
    """A Tocsin whose Redis has a limit, as production's has."""
    made = System(kafka, redis_server, prefix, tmp_path)
    _redis(made, "4gb")
    yield made
    _redis(made, "0")


def _redis(system: System, limit: str) -> None:
    import redis

    with redis.Redis.from_url(system.settings.redis) as client:
        client.config_set("maxmemory", limit)


def get(address: str, path: str, **parameters: str) -> Any:
    """What a server answers, as JSON where it is some."""
    query = f"?{urlencode(parameters)}" if parameters else ""
    with urllib.request.urlopen(f"http://{address}{path}{query}", timeout=60) as response:
        body = response.read()
    return orjson.loads(body) if body[:1] in b"{[" else body.decode()


def answers(path: str) -> Any:
    """Whether a server of this port answers at all."""

    def answer(port: int) -> bool:
        try:
            get(f"{HOST}:{port}", path)
        except OSError:
            return False
        return True

    return answer


class Monitoring:
    """Prometheus and Alertmanager on the repository's configuration: addresses and waits are the test's."""

    def __init__(self, programs: list[str], folder: Path, targets: dict[str, str]) -> None:
        prometheus, alertmanager = programs
        self._ports = free_port(), free_port()
        at, alerts_at = (f"{HOST}:{port}" for port in self._ports)
        self.alertmanager = Server(
            "Alertmanager",
            [
                alertmanager, f"--config.file={CONFIGURATION / 'alertmanager.yml'}",
                f"--storage.path={folder / 'alerts'}",
                f"--web.listen-address={alerts_at}", "--cluster.listen-address=",
            ],
            folder / "alertmanager", self._ports[1], answers("/-/ready"),
        )  # fmt: skip
        config = yaml.safe_load((CONFIGURATION / "prometheus.yml").read_text(encoding="utf-8"))
        config["global"] = {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"}
        config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [alerts_at]
        for job in config["scrape_configs"]:
            job.pop("dns_sd_configs", None)
            job["static_configs"] = [{"targets": [targets[job["job_name"]]] if job["job_name"] in targets else []}]
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        shutil.copy(CONFIGURATION / "rules.yml", folder)
        alerts = (CONFIGURATION / "alerts.yml").read_text(encoding="utf-8")
        (folder / "alerts.yml").write_text(re.sub(r"for: \d+m", "for: 1s", alerts), encoding="utf-8")
        self.prometheus = Server(
            "Prometheus",
            [
                prometheus, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address={at}",
            ],
            folder / "prometheus", self._ports[0], answers("/-/ready"),
        )  # fmt: skip

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer of Prometheus' API."""
        return get(self.prometheus.address, f"/api/v1/{path}", **parameters)["data"]

    def query(self, expr: str) -> list[Any]:
        """An instant query's result."""
        found: list[Any] = self.ask("query", query=expr)["result"]
        return found

    def over_the_last_minute(self, expr: str) -> list[Any]:
        """A range query's result."""
        now = time.time()
        found: list[Any] = self.ask("query_range", query=expr, start=f"{now - 60}", end=f"{now}", step="2")["result"]
        return found

    def errors(self) -> list[str]:
        """What was wrong with the last scrape of each target."""
        return [target["lastError"] for target in self.ask("targets")["activeTargets"] if target["lastError"]]

    def firing(self) -> set[str]:
        """Names of the alerts that Alertmanager holds."""
        return {alert["labels"]["alertname"] for alert in get(self.alertmanager.address, "/api/v2/alerts")}


@pytest.mark.timeout(240)
def test_every_query_has_an_answer_and_an_alert_arrives(
    system: System, programs: list[str], tmp_path: Path, apache_kafka: Kafka
) -> None:
    ports = {"tocsin-worker": free_port(), "tocsin-serve": free_port()}
    system.create_topics()
    (tmp_path / "ringing.yaml").write_text(RINGING, encoding="utf-8")
    system.tocsin("events", "apply", str(ROOT / "seeds" / "events" / f"{EVENT}.yaml"), str(tmp_path / "ringing.yaml"))
    monitoring = Monitoring(programs, tmp_path, {name: f"{HOST}:{port}" for name, port in ports.items()})
    with ExitStack() as stack:
        system.variables["TOCSIN_ENDPOINTS"] = ENDPOINTS % stack.enter_context(receiver())
        stack.enter_context(system.process("serve", "--port", str(ports["tocsin-serve"])))
        worker = stack.enter_context(system.process("worker", TOCSIN_WORKER_PORT=str(ports["tocsin-worker"])))
        for server in (monitoring.alertmanager, monitoring.prometheus):
            server.start()
            stack.callback(server.stop)
        eventually_sync(lambda: monitoring.query("sum(up) == 2"), 60, "worker and serve were never scraped")
        system.tocsin("ingest", "files", *SAMPLE, "--span", "30m")
        _post(ports["tocsin-serve"], id="1", op="delete")
        eventually_sync(
            lambda: (
                monitoring.query(f'tocsin_event_posts{{event="{EVENT}", window="1h"}} > 100')
                and monitoring.query("tocsin:lag_records:sum == 0")
                and monitoring.query("sum(tocsin_worker_dead_letters_total) > 0")
                and monitoring.query(f'rate(tocsin_event_retracted_total{{event="{EVENT}"}}[30s])')
            ),
            100,
            "the sample was never counted",
        )
        _post(ports["tocsin-serve"], id="2", op="create", text="ringing", author={"id": "1", "handle": "ada"})

        def everything_has_an_answer() -> bool:
            _judge_and_report(system)  # again and again: the worker's own judging takes this event's away each minute
            silent = _silent(monitoring)
            print("no answer:", *silent, sep="\n  ")
            return not silent

        eventually_sync(everything_has_an_answer, 90)
        eventually_sync(lambda: not monitoring.errors(), 60, "Prometheus cannot read what is exposed")
        for port in ports.values():
            _lint(port)
        _check_names_and_rules(monitoring)
        # A scrape that a busy machine answered late has let one fire for a moment.
        eventually_sync(lambda: not monitoring.firing(), 60, "an alert fires though nothing is wrong")
        worker.terminate()
        eventually_sync(lambda: "TocsinWorkerAbsent" in monitoring.firing(), 60, "no alert reached Alertmanager")


def _judge_and_report(system: System) -> None:
    """What takes a day of an event's past, and a connector's credentials, to come by itself."""

    async def write() -> None:
        link = RedisLink(system.settings)
        now = datetime.now(UTC)
        event = (await Catalog(link.client, system.settings).serving())[EVENT]
        judgement = Judgement(int(now.timestamp()) // 60 * 60, 10, 0.5, 0, 3, 6.5, 6.5)
        await Judgements(link.client, system.settings).write({event.tag: judgement})
        await Connectors(link.client, system.settings).report(Connector("x", "x", now))
        await link.close()

    loop = asyncio.new_event_loop()  # asyncio.run() would take the loop of pytest-asyncio's fixtures away
    try:
        loop.run_until_complete(write())
    finally:
        loop.close()


def _post(port: int, **fields: object) -> None:
    body = orjson.dumps({"platform": "x", "version": 1, **fields})
    request = urllib.request.Request(
        f"http://{HOST}:{port}/ingest/posts", data=body, headers={"Authorization": "Bearer secret"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        assert response.status == 200


def _lint(port: int) -> None:
    """promtool finds nothing to say against what a process exposes."""
    promtool = shutil.which("promtool")
    assert promtool is not None
    text = get(f"{HOST}:{port}", "/metrics")
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def _silent(monitoring: Monitoring) -> list[str]:
    """The panels' queries that nothing answers, though everything there is to show has happened."""
    silent = []
    for name, board in dashboards().items():
        for panel in panels(board):
            for target in panel["targets"]:
                # A curve of what is above 0 may be empty, what it is drawn from may not.
                expr = _filled_in(target["expr"]).removesuffix(" > 0").removesuffix(" == 1")
                found = monitoring.query(expr) if target["instant"] else monitoring.over_the_last_minute(expr)
                if not found and not needs_others(expr):
                    silent.append(f"{name}: {panel['title']}: {expr}")
        for annotation in board["annotations"].get("list", []):
            monitoring.over_the_last_minute(_filled_in(annotation["expr"]))
    return silent


def _check_names_and_rules(monitoring: Monitoring) -> None:
    events = get(monitoring.prometheus.address, "/api/v1/label/event/values", **{"match[]": "tocsin_event_posts"})
    assert events["data"] == [EVENT, "ringing"]
    assert all(monitoring.query(name) for name in RECORDED)
    rules = [rule for group in monitoring.ask("rules")["groups"] for rule in group["rules"]]
    assert {rule["health"] for rule in rules} == {"ok"}


def _filled_in(expr: str) -> str:
    return expr.replace("$event", EVENT).replace("$__rate_interval", "30s")
