"""What the benchmarks match: real posts, and rules made of keyword pairs that were really asked of Twitter.

Where that data does not lie beside the checkout, texts drawn from the seeds' sample and pairs of their words.
"""

import gzip
import io
import itertools
import random
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import zstandard

from schemas import Post, TrackedEvent
from schemas.codec import Unusable, decode_post
from streams.matching import ENGINE

DATA = Path(__file__).parents[3] / "shared" / "data"
POSTS = 20_000

_WORD = re.compile(r"[^\W\d_]{3,}")
#: Words that a rule has to quote.
_CONNECTIVES = frozenset({"and", "or", "not"})


def read_posts() -> list[Post]:
    """The posts that are matched: real ones, or the sample's again and again."""
    path = DATA / "posts" / "ira-2016-10.ndjson.zst"
    return list(itertools.islice(_real(path) if path.exists() else itertools.cycle(list(sample_posts())), POSTS))


def read_events() -> list[TrackedEvent]:
    """Events of one rule each: two words that both have to stand in a text."""
    path = DATA / "boolean-queries" / "event-keywords" / "event_keywords.txt.gz"
    if path.exists():
        lines = gzip.decompress(path.read_bytes()).decode().splitlines()[1:]
        found = [line.split("\t")[0].split() for line in lines]
    else:
        found = _drawn(list(sample_posts()))
    rules = dict.fromkeys(" ".join(f'"{word}"' if word in _CONNECTIVES else word for word in pair) for pair in found)
    return [event(number, rule) for number, rule in enumerate(rules)]


def event(number: int, rule: str) -> TrackedEvent:
    """A tracked event of one rule."""
    applied = datetime(2025, 3, 14, tzinfo=UTC)
    return TrackedEvent(
        id=f"e{number}", title="pair", revision=f"{number:012x}", applied_at=applied, engine=ENGINE, match=rule
    )


def _drawn(posts: Sequence[Post]) -> list[list[str]]:
    dice = random.Random(1)
    texts = [words for words in (_WORD.findall(post.text.lower()) for post in posts) if len(words) > 1]
    return [dice.sample(dice.choice(texts), 2) for _ in range(60_000)]


def _real(path: Path) -> Iterator[Post]:
    with path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as plain:
        yield from _decoded(io.BufferedReader(plain))


def sample_posts() -> Iterator[Post]:
    packed = files("streams.seeds").joinpath("sample/posts.ndjson.gz").read_bytes()
    yield from _decoded(io.BytesIO(gzip.decompress(packed)))


def _decoded(lines: io.BufferedIOBase) -> Iterator[Post]:
    for line in lines:
        try:
            post = decode_post(line)
        except Unusable:
            continue
        if isinstance(post, Post):
            yield post
