"""Every query that a dashboard, a variable, an annotation or a rule makes, and the metrics that there are."""

import re
from collections.abc import Iterator
from typing import Any

import orjson
import yaml

from tests.brokers import ROOT
from tests.unit.test_docs import GENERATED

_NAME = re.compile(r"\btocsin_\w+")


def _exposed() -> Iterator[str]:
    for name, table in GENERATED.items():
        if name.endswith("metrics"):
            yield from re.findall(r"^\| `(tocsin_\w+)`", table(), re.MULTILINE)


#: What serve and workers show, as docs/operations.md lists it; of a histogram the name without `_bucket`.
METRICS = set(_exposed())


def metrics_of(expr: str) -> set[str]:
    """The metrics that a query names, or that stand behind the recorded series that it names; without `up`."""
    plain = re.sub(r'"[^"]*"', '""', expr)
    found = {name if name in METRICS else re.sub(r"_(bucket|sum|count)$", "", name) for name in _NAME.findall(plain)}
    for name in re.findall(r"\btocsin:[\w:]+", plain):
        found |= metrics_of(RECORDED[name])
    return found


def needs_others(expr: str) -> bool:
    """Whether only a connector with a platform behind it, or an alert on its way to an endpoint, could answer."""
    others = ("tocsin_ingest_", "tocsin_worker_webhook_")
    return 'connector!=""' in expr or any(name.startswith(others) for name in metrics_of(expr))


def _rules(file: str) -> list[dict[str, Any]]:
    text = (ROOT / "grafana" / "prometheus" / file).read_text(encoding="utf-8")
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


RECORDED = {rule["record"]: rule["expr"] for rule in _rules("rules.yml")}


def dashboards() -> dict[str, dict[str, Any]]:
    """File's name -> dashboard."""
    files = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
    return {path.stem: orjson.loads(path.read_bytes()) for path in files}


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """The panels that show something."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def queries() -> list[tuple[str, str]]:
    """Where it stands, and the query."""
    found = []
    for name, board in dashboards().items():
        for panel in panels(board):
            for target in panel["targets"]:
                found.append((f"{name}: {panel['title']} {target['refId']}", target["expr"]))
        found += [(f"{name}: {each['name']}", each["expr"]) for each in board["annotations"].get("list", [])]
    for file in ("rules.yml", "alerts.yml"):
        found += [(rule.get("alert") or rule["record"], rule["expr"]) for rule in _rules(file)]
    return found
