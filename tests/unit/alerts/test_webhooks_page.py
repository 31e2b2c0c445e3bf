"""docs/webhooks.md is held to the code: its file of endpoints is read, its message decoded, its figures compared."""

import re
from pathlib import Path

import msgspec

from schemas.delivery import Message
from streams.alerts.delivery import bodies, endpoints, grouping, schedule
from streams.alerts.delivery.delivery import KEEP
from tests.brokers import ROOT

PAGE = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def test_the_endpoints_of_the_page_are_read(tmp_path: Path) -> None:
    (tmp_path / "newsroom").write_text("whsec_" + "bmV3" * 8, encoding="utf-8")
    (tmp_path / "slack-url").write_text("https://hooks.slack.com/services/T/B/X", encoding="utf-8")
    found = endpoints.parse(block("yaml").replace("/run/secrets/", ""), "endpoints.yaml", tmp_path)
    assert {name: each.type for name, each in found.by_name.items()} == {
        "newsroom": "webhook", "on-call": "alertmanager", "chat": "slack",
    }  # fmt: skip
    keys = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert set(keys) == endpoints.KEYS


def test_the_message_of_the_page_is_one() -> None:
    message = msgspec.json.decode(block("json"), type=Message)
    assert (message.type, message.sequence, message.alerts[0].alert) == ("alert.firing", 17, "surge")


def test_the_figures_of_the_page_are_those_of_the_code() -> None:
    waits = [f"{each // 3_600} h" if each >= 3_600 else f"{each // 60} min" if each >= 60 else f"{each} s"
             for each in schedule.RETRIES]  # fmt: skip
    text = " ".join(PAGE.split())
    for said in (
        f"{', '.join(waits[:-1])} and {waits[-1]}",
        f"at most {bodies.MAX_BODY_BYTES // 1_024} KiB",
        f"up to {grouping.MOST_GROUPED} without",
        f"kept for {KEEP // 86_400} days",
        f"within {schedule.Pace().timeout:.0f} seconds",
    ):
        assert said in text, said
    assert (grouping.MOST_SINGLE, schedule.GIVE_UP, bodies.REMIND_EVERY, bodies.REMIND_FOR) == (10, 432_000, 60, 300)
