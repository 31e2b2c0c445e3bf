"""The posts of the topic: two months of real ones merged by their share of the month, laid onto the last six days.

Each repetition gets new ids and the stretch of time after the one before, so times rise along the topic and nothing is
late. Where the real posts do not lie beside the checkout, texts of their length and languages stand in.
"""

import gzip
import io
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import msgspec
import orjson
import zstandard

from schemas import Post
from schemas.codec import Unusable, decode_post
from streams.ingest.files import IN_FLIGHT, SLICE
from streams.ingest.producing import Outgoing, Sender
from streams.ingest.times import to_text
from streams.matching import Matcher
from streams.settings import Settings
from streams.topics import POSTS
from tests.benchmarks.corpus import DATA

#: Milliseconds that the posts are laid onto.
SPAN = 6 * 86_400_000
#: What stands in for the real posts: how many, and their measured texts (mean and deviation, languages, links).
STAND_IN = 250_000
CHARACTERS, DEVIATION = 100, 32
LANGUAGES = {"ru": 47, "en": 46, "uk": 3}
LINKED = 0.8
#: Share of their words that stand in the seeds' sample; the others are put together of two of its words, so that texts
#: have as many different ones as real texts have, and pairs of its words are as rare.
KNOWN = 0.2

_WORD = re.compile(r"[^\W\d_]{3,}")


class Source(msgspec.Struct, frozen=True, gc=False):
    """A post as it was found: `at` is its place in its month, from 0 to 1."""

    at: float
    raw: bytes


class _Times(msgspec.Struct, gc=False):
    created_at: datetime


def read_sources() -> list[Source]:
    """All posts there are, in the order of `at`."""
    real = sorted((DATA / "posts").glob("*.ndjson.zst"))
    months = [_real(path) for path in real] if real else [list(_generated())]
    return sorted((source for month in months for source in month), key=lambda source: source.at)


async def load(
    settings: Settings, sources: Sequence[Source], count: int, until: int, progress: Callable[[int], None]
) -> None:
    """Fill the topic `posts`: return when Kafka has confirmed all `count` posts. `until`: milliseconds."""
    await send(settings, _outgoing(sources, count, settings.topic(POSTS), until), progress)


async def send(settings: Settings, records: Iterator[Outgoing], progress: Callable[[int], None]) -> None:
    """Send records in slices; return when Kafka has confirmed them. `progress` hears how many were handed over."""
    sender = Sender(settings)
    await sender.start()
    try:
        unconfirmed = []
        for portion in _portions(records):
            unconfirmed.append(await sender.send(portion))
            progress(len(portion))
            if len(unconfirmed) > IN_FLIGHT:
                await unconfirmed.pop(0)
        for each in unconfirmed:
            await each
    finally:
        await sender.stop()


def outgoing(source: Source, turn: int, stamp: int, topic: str) -> Outgoing:
    """The post under the id of its repetition, created at `stamp` (milliseconds), which Kafka is told too."""
    fields = orjson.loads(source.raw)
    fields["id"] = f"{fields['id']}-{turn}"
    fields["created_at"] = to_text(stamp)
    return Outgoing(topic, f"{fields['platform']}:{fields['id']}".encode(), orjson.dumps(fields), stamp)


def expected(sources: Sequence[Source], count: int, matcher: Matcher) -> tuple[Counter[str], float]:
    """What a plain count of the topic comes to: posts by event id, and the share of posts that match any event."""
    found: Counter[str] = Counter()
    matched = 0
    turns, rest = divmod(count, len(sources))
    for number, source in enumerate(sources[:count]):
        times = turns + (number < rest)
        post = decode_post(source.raw)
        hits = matcher.match(post) if isinstance(post, Post) else []
        matched += times * bool(hits)
        for hit in hits:
            found[hit.event.id] += times
    return found, matched / count


def _outgoing(sources: Sequence[Source], count: int, topic: str, until: int) -> Iterator[Outgoing]:
    turns, rest = divmod(count - 1, len(sources))
    end = turns + sources[rest].at
    for number in range(count):
        turn, index = divmod(number, len(sources))
        left = (end - turn - sources[index].at) / end if end else 0.0
        yield outgoing(sources[index], turn, until - round(left * SPAN), topic)


def _portions(records: Iterator[Outgoing]) -> Iterator[list[Outgoing]]:
    portion: list[Outgoing] = []
    for each in records:
        portion.append(each)
        if len(portion) == SLICE:
            yield portion
            portion = []
    if portion:
        yield portion


def _real(path: Path) -> list[Source]:
    times = msgspec.json.Decoder(_Times)
    with path.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as plain:
        found = [(times.decode(line).created_at.timestamp(), line) for line in io.BufferedReader(plain)]
    first, last = min(at for at, _ in found), max(at for at, _ in found)
    return [Source((at - first) / (last - first), line) for at, line in found]


def _generated() -> Iterator[Source]:
    """Texts of words drawn from the seeds' sample."""
    dice = random.Random(1)

    def word(known: Sequence[str]) -> str:
        drawn = dice.choice(known)
        return drawn if dice.random() < KNOWN else drawn[:3] + dice.choice(known)[2:]

    words: defaultdict[str, list[str]] = defaultdict(list)
    packed = files("streams.seeds").joinpath("sample/posts.ndjson.gz").read_bytes()
    for line in gzip.decompress(packed).splitlines():
        try:
            post = decode_post(line)
        except Unusable:  # some of the sample's are meant to be
            continue
        if isinstance(post, Post):
            words[post.lang or ""] += _WORD.findall(post.text)
    languages = [dice.choices([*LANGUAGES], [*LANGUAGES.values()])[0] for _ in range(STAND_IN)]
    for number, lang in enumerate(languages):
        links = [{"url": f"https://t.co/{number:010x}"}] if dice.random() < LINKED else []
        text = word(words[lang])
        length = dice.gauss(CHARACTERS, DEVIATION) - sum(len(link["url"]) + 1 for link in links)
        while len(text) < length:
            text += " " + word(words[lang])
        author = f"author-{dice.randrange(3_000)}"
        fields = {
            "platform": "x", "id": f"stand-in-{number}", "op": "create", "version": 0, "kind": "post",
            "author": {"id": author, "handle": author, "followers": 1_000},
            "text": " ".join([text, *(link["url"] for link in links)]),
            "hashtags": [], "mentions": [], "links": links, "lang": lang,
        }  # fmt: skip
        yield Source(number / STAND_IN, orjson.dumps(fields))
