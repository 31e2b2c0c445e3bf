"""What Telegram, feeds and GDELT gave, in ../shared/data, by file: what the tests of their mappers read."""

import json
import lzma
import tarfile
from functools import lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[4] / "shared" / "data"
TELEGRAM = DATA / "telegram-export" / "result.json"


@lru_cache(maxsize=2)
def packed(name: str) -> dict[str, bytes]:
    """The files of the archive of a folder, by their path in it."""
    archives = sorted((DATA / name).glob("*.tar.xz"))
    found: dict[str, bytes] = {}
    for path in archives:
        with lzma.open(path) as unpacked, tarfile.open(fileobj=unpacked) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content is not None:
                    found[member.name.removeprefix("./")] = content.read()
    return found


def gofeed() -> list[tuple[str, bytes, dict[str, Any]]]:
    """Name, feed and what gofeed's authors expect of it, of each of their cases."""
    files = {name: raw for name, raw in packed("feeds").items() if name.startswith("gofeed/")}
    found = []
    for name, raw in files.items():
        stem = name.removesuffix(".xml").removesuffix(".json")
        expected = files.get(f"{stem}_expected.json") or (files.get(f"{stem}.json") if name.endswith(".xml") else None)
        if expected is not None and not name.endswith("_expected.json"):
            found.append((name, raw, json.loads(expected)))
    return found
