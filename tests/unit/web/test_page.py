"""The page's file, and the charting library beside it, are what they say they are."""

import json
import re
from base64 import b64encode
from hashlib import sha256

import pytest

from streams.web.page import PAGE, VENDOR, VENDORED, policy

HTML = PAGE.read_text(encoding="utf-8")
NOTED = json.loads(VENDOR.joinpath("uplot.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NOTED["files"])
def test_what_is_vendored_is_the_published_packages_file(name: str) -> None:
    """Noted from the archive that `from` fetches, after its own hash (`integrity`) was compared."""
    assert sha256(VENDOR.joinpath(name).read_bytes()).hexdigest() == NOTED["files"][name]["sha256"]


def test_the_library_is_of_the_noted_version_with_its_licence() -> None:
    assert f"(v{NOTED['version']})" in VENDOR.joinpath("uPlot.iife.min.js").read_text(encoding="utf-8")[:200]
    assert "MIT" in VENDOR.joinpath("uPlot.LICENSE").read_text(encoding="utf-8")
    assert set(VENDORED) < set(NOTED["files"])


def test_nothing_is_loaded_from_elsewhere() -> None:
    assert re.findall(r'(?:src|href|url\()\s*=?\s*["\'(]?((?:https?:)?//[^"\')\s]*)', HTML) == []
    assert re.findall(r'<(?:script|link)[^>]+(?:src|href)="(?!data:)([^"]+)"', HTML) == [
        "vendor/uPlot.min.css", "vendor/uPlot.iife.min.js"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "way",
    [r"\son[a-z]+\s*=\s*[\"']", r"\sstyle\s*=\s*[\"']", r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\("],
)
def test_nothing_but_its_own_script_and_style_can_take_effect(way: str) -> None:
    """No handler or style in an attribute, and no text ever becomes HTML."""
    assert re.findall(way, HTML) == []


def test_the_policy_names_the_hashes_of_its_script_and_style_and_no_other_place() -> None:
    rules = dict(
        rule.split(" ", 1) for rule in policy("<style>a{}</style><script src=x></script><script>b</script>").split("; ")
    )
    hashes = [f"'sha256-{b64encode(sha256(each).digest()).decode()}'" for each in (b"a{}", b"b")]
    assert rules["style-src"] == f"'self' {hashes[0]}"
    assert rules["script-src"] == f"'self' {hashes[1]}"
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy(HTML)
