"""The sample that ships with Tocsin: its files, and what is true of it, by the digests under which Redis counts."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from streams.errors import UserError
from streams.ingest.records import examine
from streams.trends import digest

#: Seconds from the sample's first record to its last.
STORY = 172_800

#: Claims and groups, each sorted.
Meaning = tuple[tuple[str, ...], tuple[str, ...]]
#: Digest of a post's or article's key -> event id -> its meaning. Those that belong to no event are there too.
Truth = Mapping[bytes, Mapping[str, Meaning]]


@dataclass(frozen=True, slots=True)
class Sample:
    """Files to replay, events to track, and what has to come out: `planted`, the bad ones among the `records`."""

    files: tuple[Path, Path]
    events: Path
    records: int
    planted: frozenset[bytes]
    truth: Truth


def load() -> Sample:
    """The sample. Raises `UserError` where it isn't installed."""
    seeds = _seeds()
    *lines, counts = (orjson.loads(line) for line in _lines(seeds / "sample" / "truth.ndjson.gz"))
    truth = {digest(line["id"]): {event: _meaning(said) for event, said in line["events"].items()} for line in lines}
    files = (seeds / "sample" / "posts.ndjson.gz", seeds / "sample" / "articles.ndjson.gz")
    return Sample(
        files=files,
        events=seeds / "events",
        records=counts["posts"] + counts["articles"] + counts["bad_records"],
        planted=frozenset(line for path in files for line in _lines(path) if examine(line, None, "posts", 0).trouble),
        truth=truth,
    )


def _seeds() -> Path:
    """`streams/seeds` where Tocsin is installed, `seeds` beside `streams` in its repository."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "seeds", package.parent / "seeds"):
        if (folder / "sample").is_dir():
            return folder
    raise UserError(f"the sample is missing from {package}: install Tocsin again", code=66)


def _lines(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).split(b"\n")[:-1]


def _meaning(said: Mapping[str, list[str]]) -> Meaning:
    return tuple(sorted(said["claims"])), tuple(sorted(said["groups"]))
