"""A broadcast's transcript (WebVTT, SRT) to its text. Pure: fetches nothing.

Live captions say each line twice or thrice, as it scrolls; a text has it once.
"""

import html
import io
import re
from datetime import UTC, datetime
from typing import Final

import msgspec

from schemas import Article, Outlet
from streams.ingest.addresses import canonical, domain
from streams.ingest.extras import library
from streams.ingest.feeds.articles import Manner
from streams.ingest.mapping import unusable

_SRT: Final = re.compile(r"\s*(?:\d+\s*\n\s*)?\d{1,2}:\d{2}:\d{2}[,.]\d{1,3}\s+-->")
#: Marks of a speaker at a line's beginning, and of sounds: >> and [applause] are no words of anybody's.
_MARKS: Final = re.compile(r"^\s*(?:>>+|-)\s*|\[[^\]\n]{1,40}\]|♪")
_TAG: Final = re.compile(r"</?[a-zA-Z0-9.][^>\n]{0,200}>")


def is_transcript(body: bytes) -> bool:
    """Whether these are captions with times."""
    head = body[:1_024].removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    return head.startswith("WEBVTT") or _SRT.match(head) is not None


def text(body: bytes) -> str:
    """What is said, a caption's line a line. Raises `Unusable` for anything else."""
    if not is_transcript(body):
        raise unusable("expected WebVTT or SRT: WEBVTT, or 00:00:01,000 --> 00:00:04,000, on the first lines")
    webvtt = library("webvtt", "feeds")
    whole = body.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    kind = "vtt" if whole.startswith("WEBVTT") else "srt"
    try:
        captions = webvtt.from_buffer(io.StringIO(whole), format=kind)
        lines = [line for caption in captions for line in caption.text.split("\n")]
    except webvtt.errors.MalformedFileError as error:
        raise unusable(f"a broken transcript: {error}") from None
    said: list[str] = []
    for line in lines:
        words = " ".join(html.unescape(_TAG.sub("", _MARKS.sub("", line))).split())
        if words and words not in said[-2:]:
            said.append(words)
    if not said:
        raise unusable("a transcript without a word")
    return "\n".join(said)


def article(said: str, url: str, title: str, published: int | None, manner: Manner) -> Article:
    """The article of a broadcast at `url`, on the air at `published` (unix milliseconds; None: unknown)."""
    address = canonical(url)
    if address is None:
        raise msgspec.ValidationError(f"Expected an address on the web, found {url[:80]!r}")
    return Article(
        url=address,
        op="create",
        version=0,
        outlet=Outlet(domain=manner.outlet or domain(address), name=manner.name, country=manner.country),
        title=title[:10_000],
        kind="transcript",
        published_at=None if published is None else datetime.fromtimestamp(published / 1_000, UTC),
        body=said[:1_000_000],
        lang=manner.lang,
    )
