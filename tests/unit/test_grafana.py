"""Dashboards, rules and configuration of Prometheus: in step with the code, complete, good by Prometheus' own tools.

What the queries answer, tests/integration/test_prometheus.py asks a real Prometheus.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from grafana.__main__ import FOLDER, written
from grafana.panels import UIDS
from tests.brokers import ROOT
from tests.grafana.queries import METRICS, dashboards, metrics_of, panels, queries
from tests.unit.test_docs import OPERATIONS, _anchors

PROMETHEUS = ROOT / "grafana" / "prometheus"
(GROUP,) = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text(encoding="utf-8"))["groups"]
ALERTS = GROUP["rules"]
PANELS = [
    pytest.param(panel, id=f"{name}: {panel['title']}")
    for name, board in dashboards().items()
    for panel in panels(board)
]


def test_the_files_are_what_the_code_writes() -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert kept == written(), "write them anew: python -m grafana"


def test_addresses_are_stable_and_lead_to_each_other() -> None:
    boards = dashboards()
    assert {board["uid"] for board in boards.values()} == set(UIDS.values())
    for board in boards.values():
        led = {link["url"] for link in board["links"]}
        assert led == {f"/d/{uid}" for uid in UIDS.values() if uid != board["uid"]}
        numbers = [panel["id"] for panel in board["panels"]]
        assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_explains_itself(panel: dict[str, Any]) -> None:
    assert len(panel["description"]) > 10
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert panel["targets"]
    assert panel["gridPos"]["w"] >= 4
    references = [target["refId"] for target in panel["targets"]]
    assert len(set(references)) == len(references)
    if panel["type"] in ("timeseries", "stat"):
        assert panel["fieldConfig"]["defaults"]["unit"]
    if panel["type"] == "stat":
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    if panel["type"] == "timeseries":
        assert panel["options"]["legend"]["showLegend"]
        assert all(target["legendFormat"] for target in panel["targets"])


def test_every_panel_has_its_place() -> None:
    for board in dashboards().values():
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            assert at["x"] + at["w"] <= 24
            assert not cells & taken, panel["title"]
            taken |= cells


@pytest.mark.parametrize("where", queries(), ids=lambda where: where[0])
def test_a_query_asks_for_metrics_that_there_are(where: tuple[str, str]) -> None:
    asked = metrics_of(where[1])
    assert asked or re.search(r"\bup\b", where[1]), where
    assert asked <= METRICS, asked - METRICS


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_has_a_runbook_and_a_test(rule: dict[str, Any]) -> None:
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert anchor in _anchors(ROOT / page)
    assert f"`{rule['alert']}`" in OPERATIONS
    assert {"summary", "description"} <= rule["annotations"].keys()
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert rule["alert"] in (ROOT / "tests" / "grafana" / "alerts.test.yml").read_text(encoding="utf-8")
    assert "tocsin_alert_firing" not in rule["expr"], "an alert of a tracked event would ring twice"


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no {name}, and CI=true asks for it: apt-get install prometheus prometheus-alertmanager")
        pytest.skip(f"needs {name}: apt-get install prometheus prometheus-alertmanager")
    return found


@pytest.mark.parametrize(
    "command",
    [
        ("promtool", "check", "config", "--lint-fatal", PROMETHEUS / "prometheus.yml"),
        ("promtool", "check", "rules", "--lint-fatal", PROMETHEUS / "rules.yml", PROMETHEUS / "alerts.yml"),
        ("promtool", "test", "rules", ROOT / "tests" / "grafana" / "alerts.test.yml"),
        ("amtool", "check-config", PROMETHEUS / "alertmanager.yml"),
    ],
    ids=lambda command: " ".join(map(str, command[:3])),
)
def test_prometheus_own_tools_agree(command: tuple[str | Path, ...]) -> None:
    done = subprocess.run([tool(str(command[0])), *map(str, command[1:])], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
