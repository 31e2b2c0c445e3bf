"""docs/alerts.md is held to the code: every example is parsed, judged, or refused as it says."""

import re

import pytest

from schemas import AlertRule
from streams.alerts.conditions import compile_alerts, holds, quantities
from streams.alerts.conditions.syntax import FACTS, NUMBERS
from streams.matching import EventDraft, RuleError
from tests.brokers import ROOT
from tests.unit.test_docs import tables

PAGE = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
ANSWERS = {"true": True, "false": False, "unknown": None}


def draft(condition: str) -> EventDraft:
    alerts = (AlertRule("a", condition),)
    return EventDraft(
        "e", "E", "x", claims={"denied": "no", "asserted": "yes"}, groups={"officials": "y"}, alerts=alerts
    )


@pytest.mark.parametrize(("condition", "values", "answer"), list(tables(PAGE, "condition", "values", "comes to")))
def test_a_condition_comes_to_what_the_page_says(condition: str, values: str, answer: str) -> None:
    (alert,) = compile_alerts(draft(condition))
    told = dict(re.findall(r"([a-z_]+(?:\([^)]*\))?)`? = ([\d.?]+)", values))
    assert told.keys() == {str(each) for each in quantities(alert.condition)}
    found = {each: None if told[str(each)] == "?" else float(told[str(each)]) for each in alert.asks}
    assert holds(alert.condition, found) is ANSWERS[answer]


@pytest.mark.parametrize(("condition", "message"), list(tables(PAGE, "condition", "error")))
def test_an_error_reads_as_the_page_says(condition: str, message: str) -> None:
    with pytest.raises(RuleError) as found:
        compile_alerts(draft(condition))
    assert f"column {found.value.column}: {found.value.problem}" == message


def test_every_function_is_explained() -> None:
    explained = " ".join(name for name, _ in tables(PAGE, "function", "what it comes to"))
    assert set(re.findall(r"[a-z_]+", explained)) >= {*NUMBERS, *FACTS}
