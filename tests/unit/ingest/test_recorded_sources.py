"""What was recorded of Telegram, feeds and GDELT maps, or is refused with a reason; what others expect of it holds."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest

from schemas import Article, Post
from schemas.codec import Unusable, decode_article, decode_post, encode
from streams.ingest import feeds, telegram
from streams.ingest.feeds import entries
from streams.ingest.feeds.entries import Entry
from streams.ingest.mapping import Outcome, Skipped
from streams.ingest.markup import plain
from tests.unit.ingest import recorded_sources as recorded

pytestmark = pytest.mark.skipif(not recorded.TELEGRAM.exists(), reason="the recorded payloads are not there")


def counted(outcomes: Iterable[Outcome]) -> "Counter[str]":
    """How many of each; every record can be read back, and everything refused says why."""
    found: Counter[str] = Counter()
    for each in outcomes:
        if isinstance(each, Skipped):
            found[f"skipped: {each.kind}"] += 1
        elif isinstance(each, Unusable):
            assert each.detail
            found[f"refused: {each.reason}"] += 1
        else:
            decode = decode_post if isinstance(each, Post) else decode_article
            assert decode(encode(each)) == each
            found[type(each).__name__] += 1
    return found


def test_telegram(capsys: pytest.CaptureFixture[str]) -> None:
    found = counted(telegram.records(json.loads(recorded.TELEGRAM.read_bytes())))
    with capsys.disabled():
        print(f"\ntelegram-export: {dict(found)}")
    assert found == {"Post": 8, "skipped: service": 4}


def test_every_feed(capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[str, Counter[str]] = {}
    for name, raw in recorded.packed("feeds").items():
        if name.endswith((".xml", ".json")) and not name.endswith("_expected.json"):
            found.setdefault(name.split("/")[0], Counter()).update(counted(feeds.records(raw, address="http://a.b/")))
    with capsys.disabled():
        for name, counts in sorted(found.items()):
            print(f"\nfeeds/{name}: {dict(counts)}", end="")
        print()
    assert found["gofeed"]["Article"] + found["feedparser"]["Article"] > 130


def test_gdelt(capsys: pytest.CaptureFixture[str]) -> None:
    """Rows map; pickles of rows, lists of columns and empty files are refused, each with its reason."""
    found = {
        name: counted(feeds.records(raw)) for name, raw in recorded.packed("gdelt").items() if not name.endswith(".md")
    }
    with capsys.disabled():
        print(f"\ngdelt: {dict(sum(found.values(), Counter()))}")
    assert found["mentionssamp.csv"] == {"Article": 559, "skipped: again": 1_076}
    assert all(sum(counts.values()) == 1 for name, counts in found.items() if name != "mentionssamp.csv")


def test_feeds_say_what_gofeed_expects(capsys: pytest.CaptureFixture[str]) -> None:
    """Title, link, date and id of each item. Two cases fail, both feedparser's: it takes a link's attribute `uri` for
    the link, and leaves a guid with markup in it out."""
    cases = recorded.gofeed()
    failed = {name: differences for name, raw, expected in cases if (differences := differing(raw, expected))}
    with capsys.disabled():
        print(f"\ngofeed: {len(cases) - len(failed)} of {len(cases)} as expected; not so: {failed}")
    assert len(cases) == 539
    assert len(failed) <= len(cases) // 100


def differing(raw: bytes, expected: dict[str, Any]) -> list[str]:
    """What a feed's items say otherwise than expected."""
    items = expected.get("items", expected.get("entries")) or []
    try:
        channel = entries.read(raw)
    except Unusable as error:
        return [str(error)]
    if len(items) != len(channel.entries):
        return [f"{len(channel.entries)} items, expected {len(items)}"]
    found = []
    for item, entry in zip(items, channel.entries, strict=True):
        assert isinstance(entry, Entry)
        for field, want, have in compared(item, entry):
            if want is not None and want != have:
                found.append(f"{field}: {have!r}, expected {want!r}")
    return found


def compared(item: dict[str, Any], entry: Entry) -> list[tuple[str, Any, Any]]:
    links = [link for link in item.get("links") or [] if isinstance(link, dict)]
    alternate = next((link.get("href") for link in links if link.get("rel", "alternate") == "alternate"), None)
    link = item.get("link") or item.get("url") or alternate
    guid = item.get("guid", item.get("id"))
    published = item.get("publishedParsed", item.get("pubDateParsed"))
    return [
        ("title", text(item.get("title")), text(entry.title.value if entry.title else None)),
        ("link", link and link.strip(), entry.link),
        ("id", guid.get("value") if isinstance(guid, dict) else guid, entry.id),
        ("published", second(published), entry.published and entry.published.replace(microsecond=0)),
        ("updated", second(item.get("updatedParsed")), entry.updated and entry.updated.replace(microsecond=0)),
    ]


def text(markup: str | None) -> str | None:
    """A title may be HTML: what a reader sees of it is compared."""
    return plain(markup, "feeds")[0] if markup else None


def second(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written).replace(microsecond=0) if written else None


def test_what_feeds_say_reaches_the_articles() -> None:
    """Every entry with an address on the web is an article with its title and dates."""
    count = 0
    for _, raw, _ in recorded.gofeed():
        try:
            channel = entries.read(raw, "http://a.b/")
        except Unusable:
            continue
        for entry, outcome in zip(channel.entries, feeds.records(raw, address="http://a.b/"), strict=True):
            if isinstance(outcome, Article) and isinstance(entry, Entry):
                count += 1
                assert outcome.published_at == entry.published
                assert outcome.title == (plain(entry.title.value, "feeds")[0] if entry.title else "")
    assert count > 20
