"""Entities are cut out of a text as X cuts them: the published cases of its own implementations, each a test."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from streams.matching.texts.entities import (
    Entity,
    cashtags,
    find_cashtags,
    find_hashtags,
    find_links,
    find_mentions,
    hashtags,
    links,
    mentions,
)

CASES: Final = Path(__file__).parents[3] / "shared" / "data" / "twitter-text" / "extract.yml"

NAMES: Final[dict[str, Callable[[str], tuple[str, ...]]]] = {
    "hashtags": hashtags,
    "hashtags_from_astral": hashtags,
    "mentions": mentions,
    "urls": links,
    "tco_urls_with_params": links,
    "cashtags": cashtags,
}
PLACES: Final[dict[str, Callable[[str], tuple[Entity, ...]]]] = {
    "hashtags_with_indices": find_hashtags,
    "mentions_with_indices": find_mentions,
    "mentions_or_lists_with_indices": find_mentions,
    "urls_with_indices": find_links,
    "urls_with_directional_markers": find_links,
    "cashtags_with_indices": find_cashtags,
}


def cases(sections: dict[str, Any]) -> list[Any]:
    """Function, text and what is expected of it, for every case of the sections."""
    if not CASES.exists():
        return [pytest.param(None, "", [], marks=pytest.mark.skip("the published cases are not there"))]
    read = yaml.safe_load(CASES.read_text(encoding="utf-8"))["tests"]
    return [
        pytest.param(find, case["text"], case["expected"], id=f"{section}: {case['description']}")
        for section, find in sections.items()
        for case in read[section]
    ]


@pytest.mark.parametrize(("find", "text", "expected"), cases(NAMES))
def test_entities_without_places(find: Callable[[str], tuple[str, ...]], text: str, expected: list[str]) -> None:
    assert find(text) == tuple(expected)


@pytest.mark.parametrize(("find", "text", "expected"), cases(PLACES))
def test_entities_with_places(
    find: Callable[[str], tuple[Entity, ...]], text: str, expected: list[dict[str, Any]]
) -> None:
    assert find(text) == tuple(Entity(written(case), *case["indices"]) for case in expected)


def written(case: dict[str, Any]) -> str:
    """The expected entity in one string, a list behind the account that keeps it."""
    named = next(case[name] for name in ("hashtag", "screen_name", "url", "cashtag") if name in case)
    return f"{named}{case.get('list_slug', '')}"
