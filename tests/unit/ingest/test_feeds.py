"""Feeds of every kind to articles: identity, edits, kinds, and the safety of reading what strangers wrote."""

import socket
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas import Article
from schemas.codec import Unusable
from streams.errors import UserError
from streams.ingest import feeds
from streams.ingest.addresses import canonical, domain
from streams.ingest.feeds import listing, transcripts
from streams.ingest.feeds.articles import Manner
from streams.ingest.feeds.known import Known

RSS = (
    "<rss version='2.0'><channel><title>Вести</title><link>https://example.org/</link><language>ru-RU</language>"
    "%s</channel></rss>"
)
ITEM = "<item><title>%s</title><link>%s</link><pubDate>Fri, 14 Mar 2025 12:00:00 GMT</pubDate>%s</item>"


def rss(*items: str) -> bytes:
    return (RSS % "".join(items)).encode()


def only(body: bytes, manner: Manner | None = None, address: str = "") -> Article:
    (found,) = feeds.records(body, manner, address)
    assert isinstance(found, Article), found
    return found


def refusal(body: bytes) -> str:
    (found,) = feeds.records(body)
    assert isinstance(found, Unusable), found
    return found.detail


def test_an_item_is_an_article() -> None:
    extra = (
        "<description>&lt;p&gt;Мир &amp;amp; война&lt;/p&gt;&lt;p&gt;&lt;a href='/b'&gt;тут&lt;/a&gt;&lt;/p&gt;"
        "</description>"
    )
    found = only(rss(ITEM % ("Курск", "https://www.example.org/a?utm_source=rss&amp;id=1#top", extra)))
    assert found.url == "https://www.example.org/a?id=1"
    assert (found.op, found.version, found.kind, found.lang) == ("create", 0, "article", "ru-RU")
    assert (found.title, found.summary) == ("Курск", "Мир & война\n\nтут")
    assert (found.outlet.domain, found.outlet.name) == ("example.org", "Вести")
    assert [link.url for link in found.links] == ["https://www.example.org/b"]
    assert found.published_at is not None
    assert found.published_at.isoformat() == "2025-03-14T12:00:00+00:00"


def test_a_feed_has_its_own_manner() -> None:
    manner = Manner(kind="press_release", outlet="kremlin.ru", name="Кремль", country="RU", lang="ru")
    found = only(rss(ITEM % ("x", "https://example.org/a", "")), manner)
    assert (found.kind, found.lang) == ("press_release", "ru")
    assert (found.outlet.domain, found.outlet.name, found.outlet.country) == ("kremlin.ru", "Кремль", "RU")


def test_what_was_updated_later_is_an_edit() -> None:
    entry = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title><entry><id>urn:1</id><title>x</title>"
        "<link href='/a'/><published>2025-03-14T12:00:00Z</published><updated>2025-03-14T13:00:00Z</updated></entry>"
        "</feed>"
    )
    found = only(entry.encode(), address="https://example.org/feed.xml")
    assert (found.url, found.op, found.version) == ("https://example.org/a", "edit", 1_741_957_200_000)


def test_json_feed() -> None:
    items: list[Any] = [
        {
            "id": 5,
            "url": "https://example.org/5",
            "title": "a < b",
            "content_html": "<p>x</p>",
            "date_published": "2025-03-14T12:00:00Z",
        },
        {"id": "6", "title": ["no"]},
        {"id": "7", "content_text": "no address"},
    ]
    body = orjson.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": items})
    first, second, third = feeds.records(body)
    assert isinstance(first, Article)
    assert (first.url, first.title, first.body) == ("https://example.org/5", "a < b", "x")
    assert isinstance(second, Unusable)
    assert "$.items[1].title" in second.detail
    assert isinstance(third, Unusable)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "an empty answer"),
        (
            b"<!DOCTYPE html><html><head><link rel=alternate type='application/rss+xml' href='/rss'></head>",
            "names /rss",
        ),
        (b"<html><body>Just a moment...</body></html>", "an HTML page"),
        (b"{}", "no JSON Feed"),
        (b'{"version": "2", "items": []}', "no JSON Feed: expected a version"),
        (b'{"version": ', "unexpected end"),
        (b"Not found", "not RSS, Atom or JSON Feed"),
        (b"\x00\x01\x02", "not RSS, Atom or JSON Feed"),
        (b"PK\x03\x04 broken", "cannot be unpacked"),
        (b"\x1f\x8b broken", "cannot be unpacked"),
    ],
)
def test_what_is_no_feed_is_refused(body: bytes, told: str) -> None:
    assert told in refusal(body)


def test_the_last_item_of_a_feed_that_is_cut_off_is_refused() -> None:
    body = rss(ITEM % ("a", "https://example.org/a", ""), ITEM % ("b", "https://example.org/b", ""))
    first, second = feeds.records(body[: body.index(b"<title>b") + 8])
    assert isinstance(first, Article)
    assert isinstance(second, Unusable)
    assert "cut off" in second.detail


def test_reading_fetches_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither an address, nor a path, nor an entity of a document is opened."""
    secret = tmp_path / "secret"
    secret.write_text("the secret")

    def refuse(*arguments: object) -> None:
        raise AssertionError(f"connects to {arguments}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    entity = f"<!DOCTYPE rss [<!ENTITY a SYSTEM 'file://{secret}'><!ENTITY b SYSTEM 'http://127.0.0.1:9/'>]>" + RSS % (
        ITEM % ("&a;&b;x", "https://example.org/a", "<description>&a;</description>")
    )
    for body in (b"http://127.0.0.1:9/", str(secret).encode(), entity.encode()):
        for found in feeds.records(body):
            assert "the secret" not in repr(found)


def test_entities_that_blow_up_do_not() -> None:
    lines = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 12))
    body = f"<!DOCTYPE rss [<!ENTITY e0 'ha'>{lines}]>{RSS % (ITEM % ('&e11;', 'https://example.org/a', ''))}"
    started = time.monotonic()
    assert all(len(repr(each)) < 10_000 for each in feeds.records(body.encode()))
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("evil", ["&lt;!--", "&lt;a ", "&lt;div>", "&amp;lt;", "&lt;a b='"])
def test_markup_that_is_made_to_keep_us_busy_does_not(evil: str) -> None:
    """A quarter of a megabyte of it: what takes time in proportion to its square would take minutes."""
    body = rss(ITEM % ("x", "https://example.org/a", f"<description>{evil * (250_000 // len(evil))}</description>"))
    assert only(body).title == "x"


def test_a_feed_of_too_many_items_is_refused() -> None:
    assert "20001 items, expected at most 20000" in refusal(rss("<item/>" * 20_001))


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("HTTP://Example.COM:80/a b?b=1#f", "http://example.com/a%20b?b=1"),
        ("https://example.com", "https://example.com/"),
        ("https://пример.рф/тест", "https://xn--e1afmkfd.xn--p1ai/%D1%82%D0%B5%D1%81%D1%82"),
        ("https://a.b/x?fbclid=1&UTM_medium=2", "https://a.b/x"),
        ("../c?x=1", "https://a.b/c?x=1"),
        ("//c.d/e", "https://c.d/e"),
        ("mailto:a@b.c", None),
        ("javascript:alert(1)", None),
        ("http://localhost/", None),
        ("http://a..b/", None),
        ("http://a.b:99999/", None),
        ("http://[::1/", None),
        ("https://a.b/" + "x" * 3_000, None),
    ],
)
def test_canonical_addresses(written: str, wanted: str | None) -> None:
    found = canonical(written, "https://a.b/f/g.xml")
    assert found == wanted
    assert found is None or canonical(found) == found


def test_the_domain_of_an_address() -> None:
    assert domain("https://www.example.org:8080/") == "example.org"


def test_a_library_that_is_missing_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "feedparser", None)
    with pytest.raises(UserError, match=r"needs the library feedparser: pip install 'tocsin\[feeds\]'"):
        list(feeds.records(rss()))


def article(url: str, title: str = "x", version: int = 0) -> Article:
    (found,) = feeds.records(rss(ITEM % (title, url, "")))
    assert isinstance(found, Article)
    return found


def test_what_is_known_is_not_sent_again_and_what_changed_is_an_edit() -> None:
    known = Known()
    one, two = article("https://example.org/1"), article("https://example.org/2")
    assert known.changed([one, two, one], 5) == [one, two]
    assert known.changed([two, one], 6) == []
    (edit,) = known.changed([article("https://example.org/1", "new"), two], 7)
    assert (edit.op, edit.version, edit.title) == ("edit", 7, "new")
    (again,) = known.changed([article("https://example.org/1", "newer"), two], 7)
    assert again.version == 8


def test_transcripts() -> None:
    vtt = (
        b"WEBVTT\n\n00:01.000 --> 00:04.000\n<v Putin>If they <b>surrender</b>\n\n"
        b"00:05.000 --> 00:06.000\nIf they surrender\nthey &amp; live\n"
    )
    srt = "\ufeff1\r\n00:00:01,000 --> 00:00:04,000\r\n>> Они [шум] сдадутся\r\n".encode()
    assert transcripts.text(vtt) == "If they surrender\nthey & live"
    assert transcripts.text(srt) == "Они сдадутся"
    for body in (b"", b"WEBVTT", b"words", b"WEBVTT\n\nno times"):
        with pytest.raises(Unusable):
            transcripts.text(body)


GKG = [
    "20250314120000-T5", "20250314120000", "1", "rt.com", "https://rt.com/a?utm_source=x", *[""] * 18,
    "Vladimir Putin,5;Kursk,9", "", "srclc:rus;eng:GT-RUS 1.0", "<PAGE_TITLE>Kursk &amp; Sudzha</PAGE_TITLE>",
]  # fmt: skip


def test_gdelt_knowledge_graph() -> None:
    found = only("\t".join(GKG).encode())
    assert (found.url, found.title, found.summary) == ("https://rt.com/a", "Kursk & Sudzha", "Vladimir Putin; Kursk")
    assert (found.outlet.domain, found.lang, found.source) == ("rt.com", "ru", "GDELT")
    assert found.published_at is not None
    assert found.published_at.isoformat() == "2025-03-14T12:00:00+00:00"


def test_gdelt_events_once_an_article() -> None:
    row = ["1199999999", "20250314", "202503", "2025", "2025.2", *[""] * 54, "20250314120000", "https://rt.com/a"]
    first, second = feeds.records("\n".join("\t".join(row) for _ in range(2)).encode())
    assert isinstance(first, Article)
    assert not isinstance(second, Article)


def test_gdelt_files_that_were_missed_are_made_up_for() -> None:
    base = "http://data.gdeltproject.org/gdeltv2/"
    newest = [f"{base}20250314120000.{kind}.zip" for kind in ("export.CSV", "mentions.CSV", "gkg.csv")]
    since = feeds.gdelt.since
    assert since("", newest, ("gkg",), 96) == [newest[2]]
    assert since(newest[2], newest, ("gkg",), 96) == []
    assert since(f"{base}20250314113000.gkg.csv.zip", newest, ("gkg",), 96) == [
        f"{base}20250314114500.gkg.csv.zip",
        f"{base}20250314120000.gkg.csv.zip",
    ]
    assert len(since(f"{base}20240314113000.gkg.csv.zip", newest, ("gkg", "export"), 96)) == 192


def test_lists_of_feeds(tmp_path: Path) -> None:
    plain = tmp_path / "feeds.txt"
    plain.write_text("# news\nhttps://a.b/rss\n\nhttps://c.d/atom#frag\n")
    assert [feed.url for feed in listing.read(plain)] == ["https://a.b/rss", "https://c.d/atom#frag"]
    settings = tmp_path / "feeds.yaml"
    settings.write_text("- https://a.b/rss\n- {url: 'http://intra/x', private: true, kind: press_release, every: 5m}\n")
    first, second = listing.read(settings)
    assert (first.seconds, second.seconds, second.kind) == (900, 300, "press_release")
    assert listing.private_hosts((first, second)) == {"intra"}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("f.txt", "", "no feed in it"),
        ("f.txt", "ftp://a.b/", "feed 1: expected an address on the web"),
        ("f.txt", "http://localhost/", "feed 1: expected an address on the web"),
        ("f.txt", "https://a.b/\nhttps://a.b/", "stands there twice"),
        ("f.yaml", "- {url: 'https://a.b/', evry: 5m}", "unknown field `evry`"),
        ("f.yaml", "- {url: 'https://a.b/', every: 5}", "every"),
        ("f.yaml", "- {url: 'https://a.b/', every: 1s}", "at least 60s"),
        ("f.yaml", "- {url: 'https://a.b/', kind: blog}", "kind"),
        ("f.yaml", "a: [", "while parsing"),
        ("f.yaml", "a: 5", "expected a list"),
    ],
)
def test_lists_that_are_wrong_say_where(tmp_path: Path, name: str, text: str, told: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(UserError, match=str(path)) as error:
        listing.read(path)
    assert told in str(error.value)
