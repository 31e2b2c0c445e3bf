"""Alerts of event files: a condition's error with the file's line and column.

Reads the file's text once more, and only where there is an error to place.
"""

from collections.abc import Mapping
from typing import NoReturn

import yaml

from streams.alerts.conditions.check import Described, compile_alerts
from streams.matching import EventFileError, RuleError
from streams.matching.events import yaml_source
from streams.matching.events.yaml_source import Value


def check_alerts(event: Described, text: str, source: str) -> None:
    """Hold the alerts of an event against it. Raises `EventFileError` at the place in the `text` of the file."""
    try:
        compile_alerts(event)
    except RuleError as problem:
        _fail(yaml_source.read(text, source), problem)


def _fail(document: Value, problem: RuleError) -> NoReturn:
    name = problem.rule.removeprefix("alerts.")
    alerts = [each.mapping("an alert") for each in document.mapping("a tracked event")["alerts"].items("alerts")]
    # Of two that bear the same name the second is at fault.
    alert: Mapping[str, Value] = next(each for each in reversed(alerts) if each["name"].text("a name") == name)
    said = f"{problem.rule}: {problem.problem}"
    if "a second alert of this name" in problem.problem:
        alert["name"].fail(said)
    _fail_within(alert["when"], problem, said)


def _fail_within(value: Value, problem: RuleError, said: str) -> NoReturn:
    node = value.node
    assert isinstance(node, yaml.ScalarNode)
    if node.style == "|":
        value.block().fail(problem.line, problem.column, said)
    if node.end_mark.line > node.start_mark.line:
        value.fail(f"{said} (column {problem.column} of the condition)")
    column = node.start_mark.column + problem.column + (1 if node.style else 0)
    raise EventFileError(value.source, node.start_mark.line + 1, column, said)
