"""`make bench`: what matching costs, as ratios within one run; a table, and as its last line one JSON object.

Real posts against rules made of keyword pairs that were really asked of Twitter, where the data lies beside the
checkout; texts drawn from the seeds' sample otherwise, and pairs of their words.
"""

import gzip
import io
import itertools
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import zstandard
from rich.console import Console
from rich.progress import track
from rich.table import Table

from schemas import Post, TrackedEvent
from schemas.codec import Unusable, decode_post
from streams.matching import ENGINE, Matcher

DATA = Path(__file__).parents[3] / "shared" / "data"
RULES = (100, 1_000, 10_000)
POSTS = 20_000
ROUNDS = 3

_WORD = re.compile(r"[^\W\d_]{3,}")


def read_posts() -> list[Post]:
    """The posts that are matched: real ones, or the sample's again and again."""
    path = DATA / "posts" / "ira-2016-10.ndjson.zst"
    return list(itertools.islice(_real(path) if path.exists() else itertools.cycle(list(_sample())), POSTS))


def read_pairs(posts: Sequence[Post]) -> list[str]:
    """Rules: two words that both have to stand in a text."""
    path = DATA / "boolean-queries" / "event-keywords" / "event_keywords.txt.gz"
    if path.exists():
        lines = gzip.decompress(path.read_bytes()).decode().splitlines()[1:]
        found = [line.split("\t")[0].split() for line in lines]
    else:
        dice = random.Random(1)
        texts = (_WORD.findall(post.text) for post in posts)
        found = [dice.sample(words, 2) for words in texts if len(words) > 1]
    pairs = dict.fromkeys(" ".join(words).lower() for words in found if all(map(_WORD.fullmatch, words)))
    return [pair for pair in pairs if not {"and", "or", "not"} & set(pair.split())]


def event(number: int, rule: str) -> TrackedEvent:
    """A tracked event of one rule."""
    applied = datetime(2025, 3, 14, tzinfo=UTC)
    return TrackedEvent(
        id=f"e{number}", title="pair", revision=f"{number:012x}", applied_at=applied, engine=ENGINE, match=rule
    )


def seconds(matcher: Matcher, posts: Sequence[Post]) -> tuple[float, int]:
    """Processor seconds of matching all posts once, and how many matched."""
    started = time.process_time()
    matched = sum(bool(matcher.match(post)) for post in posts)
    return time.process_time() - started, matched


def main() -> None:
    """Measure and print."""
    posts = read_posts()
    pairs = read_pairs(posts)
    matchers = {}
    compiled = {}
    for count in RULES:
        started = time.process_time()
        matchers[count] = Matcher([event(number, rule) for number, rule in enumerate(pairs[:count])])
        compiled[count] = time.process_time() - started
    runs: dict[int, list[float]] = {count: [] for count in RULES}
    shares = {}
    rounds = track(range(ROUNDS), "Matching", console=Console(stderr=True), disable=not sys.stderr.isatty())
    for _ in rounds:
        for count, matcher in matchers.items():
            spent, matched = seconds(matcher, posts)
            runs[count].append(spent / len(posts))
            shares[count] = matched / len(posts)
    cost = {count: statistics.median(each) for count, each in runs.items()}
    table = Table("rules", "compile s", "µs a post", "matched", "against 100 rules")
    for count in RULES:
        ratio = cost[count] / cost[RULES[0]]
        row = (f"{compiled[count]:.2f}", f"{cost[count] * 1e6:.1f}", f"{shares[count]:.1%}", f"{ratio:.2f}")
        table.add_row(str(count), *row)
    Console().print(table)
    ratios = {f"rules_{count}_vs_{RULES[0]}": round(cost[count] / cost[RULES[0]], 3) for count in RULES[1:]}
    print(json.dumps({"ratios": ratios, "posts": len(posts), "rounds": ROUNDS}))


def _real(path: Path) -> Iterator[Post]:
    with path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as plain:
        yield from _decoded(io.BufferedReader(plain))


def _sample() -> Iterator[Post]:
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


if __name__ == "__main__":
    main()
