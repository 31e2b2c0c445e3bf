"""The recorded payloads of X in ../shared/data, by file: what the tests of its mappers read."""

import json
import lzma
import tarfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[4] / "shared" / "data"
V1, V2, GNIP = DATA / "x-v1-fixtures", DATA / "x-v2-fixtures" / "twarc-csv", DATA / "gnip-fixtures" / "tweet_parser"
ORACLE = DATA / "x-v1-oracle" / "query_response.ndjson.gz"


@lru_cache(maxsize=1)
def files() -> dict[str, bytes]:
    """Every file with payloads, by `folder/name`."""
    found = dict(_packed(V1 / "x-v1-fixtures.tar.xz"))
    for folder in (V2, GNIP):
        found |= {f"{path.parent.name}/{path.name}": path.read_bytes() for path in sorted(folder.rglob("*.json*"))}
    return found


def documents(name: str) -> list[Any]:
    """The documents of a file that holds one, or one a line; lines that are none are left out."""
    raw = files()[name]
    try:
        return [json.loads(raw)]
    except ValueError:
        return list(_lines(raw))


def _lines(raw: bytes) -> Iterator[Any]:
    for line in raw.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def _packed(path: Path) -> Iterator[tuple[str, bytes]]:
    with lzma.open(path) as unpacked, tarfile.open(fileobj=unpacked) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None and member.name.endswith(".json"):
                yield "/".join(member.name.split("/")[-2:]), content.read()
