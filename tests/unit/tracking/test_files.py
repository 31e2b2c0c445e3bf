"""Event files on disk: every broken one is named at once, and what is missing has its own exit code."""

from pathlib import Path

import pytest

from streams.errors import UserError
from streams.tracking.files import read_drafts

EVENT = "id: a\ntitle: t\nmatch: |\n  kursk\n"


def _refused(*paths: Path, lists: Path | None = None) -> UserError:
    with pytest.raises(UserError) as caught:
        read_drafts(paths, lists)
    return caught.value


def test_every_broken_file_has_its_line_and_a_repeated_id_hides_none(tmp_path: Path) -> None:
    files = {"a": EVENT, "b": EVENT, "c": "id: a\n", "d": "\tid: a\n"}
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    error = _refused(tmp_path)
    assert [line.removeprefix(f"{tmp_path}/") for line in str(error).splitlines()] == [
        f"b.yaml: the event 'a' stands in {tmp_path}/a.yaml too: give one another id",
        "c.yaml:1:1: found no key 'title', expected one; add it",
        "d.yaml:1:1: found a tab, expected spaces; indent with spaces",
    ]
    assert error.code == 2


def test_what_is_missing_is_said_with_its_own_code(tmp_path: Path) -> None:
    event = tmp_path / "a.yaml"
    assert (str(_refused(event)), _refused(event).code) == (f"{event}: no such file or directory", 66)
    event.write_text(EVENT, encoding="utf-8")
    error = _refused(event, lists=tmp_path / "nowhere")
    assert (str(error), error.code) == (f"{tmp_path}/nowhere: no such folder of account lists (--lists)", 66)


def test_a_broken_list_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "press.txt").write_text("nasa\n", encoding="utf-8")
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(EVENT, encoding="utf-8")
    assert str(_refused(tmp_path)).startswith(f"{tmp_path}/lists/press.txt:1:1: found 'nasa'")
    assert "\n" not in str(_refused(tmp_path))
