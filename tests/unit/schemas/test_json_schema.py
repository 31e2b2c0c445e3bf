"""The published JSON Schema files say what the types say."""

import pytest

from schemas.__main__ import FOLDER, PUBLISHED, generate


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_file_is_generated_from_the_types(name: str) -> None:
    assert (FOLDER / f"{name}.schema.json").read_text(encoding="utf-8") == generate(name), "run `python -m schemas`"


def test_no_file_is_left_over() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == {f"{name}.schema.json" for name in PUBLISHED}
