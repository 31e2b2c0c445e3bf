"""The model event against wordings of its own: what officials, state media, denials, mockery and bots would write.

The rule was tuned on one half; nothing in the other was known to whoever wrote it. Recall is over the wordings,
precision over wordings and near misses together.
"""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from schemas import Post
from streams.matching import Matcher, seal
from streams.tracking.files import read_drafts
from tests.unit.matching.records import APPLIED, post

HERE = Path(__file__).parent / "kursk"
EVENT = Path(__file__).parents[2] / "seeds" / "events" / "kursk-surrender-offer.yaml"
SAID = datetime(2025, 3, 14, 12, tzinfo=UTC)
LEAST = 0.95


class Half(NamedTuple):
    """The texts that are about the event and those that only share words with it."""

    wordings: tuple[str, ...]
    near_misses: tuple[str, ...]


@pytest.mark.parametrize("name", ["tuning", "unseen"])
def test_recall_and_precision(name: str) -> None:
    """Of what is about the event 95 % are found, and of what is found 95 % are about it."""
    half = _read(name)
    missed = [text for text in half.wordings if not _found(text)]
    wrong = [text for text in half.near_misses if _found(text)]
    found = len(half.wordings) - len(missed)
    recall = found / len(half.wordings)
    precision = found / max(1, found + len(wrong))
    told = "\n".join(
        [
            f"recall {recall:.3f}, precision {precision:.3f}",
            "missed:",
            *missed,
            "found, but about other things:",
            *wrong,
        ]
    )
    assert min(recall, precision) >= LEAST, told


def test_the_unseen_half_is_large_enough() -> None:
    """A share of 95 % says something: at least 100 wordings and 50 near misses, and none of the tuning half's."""
    unseen, tuning = _read("unseen"), _read("tuning")
    assert len(set(unseen.wordings)) >= 100
    assert len(set(unseen.near_misses)) >= 50
    assert not {*unseen.wordings, *unseen.near_misses} & {*tuning.wordings, *tuning.near_misses}


@cache
def _read(name: str) -> Half:
    path = HERE / f"{name}.yaml"
    if not path.exists():
        pytest.skip(f"{path.name} is not there")
    entries: dict[str, list[dict[str, Any]]] = msgspec.yaml.decode(path.read_bytes())
    return Half(*(tuple(entry["text"] for entry in entries[key]) for key in Half._fields))


@cache
def _matcher() -> Matcher:
    (draft,) = read_drafts([EVENT])
    return Matcher([seal(draft, APPLIED)])


def _found(text: str) -> bool:
    record: Post = post(text, created_at=SAID)
    return bool(_matcher().match(record))
