"""The connector `feeds` against sites on loopback that behave as sites do: every item arrives, and they are spared."""

import asyncio
import itertools
import time
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from schemas import Article
from schemas.codec import decode_article
from streams.errors import UserError
from streams.ingest.feeds import listing, pages
from streams.ingest.feeds.fetching import Fetcher, Mark, NotFetched
from streams.ingest.feeds.listing import Feed
from streams.ingest.feeds.polling import Feeds
from tests.brokers import Kafka, Redis, eventually
from tests.integration.connecting import report, served, working
from tests.integration.counting import counting
from tests.integration.log import topic
from tests.integration.system import System

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
PAUSE = 0.03


@pytest.fixture
def system(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> System:
    return System(kafka, redis_server, prefix, tmp_path)


def rss(*items: tuple[str, str]) -> bytes:
    made = "".join(
        f"<item><title>{title}</title><link>https://example.org/{name}</link></item>" for name, title in items
    )
    return f"<rss version='2.0'><channel><title>t</title>{made}</channel></rss>".encode()


class Site:
    """A site whose paths answer as they are told to; who asked for what, when and with which headers is kept."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float, dict[str, str]]] = []
        self.bodies: dict[str, bytes] = {}
        self.answers: dict[str, list[Answer]] = defaultdict(list)
        """What a path answers next, before its body; the last one stays."""
        self.at_once = 0
        self.most_at_once = 0
        self.application = web.Application()
        self.application.add_routes([web.get("/{path:.*}", self.get)])

    async def get(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, time.monotonic(), dict(request.headers)))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.answers[request.path]:
                return await self.answers[request.path].pop(0)(request)
            body = self.bodies.get(request.path)
            if body is None:
                return web.Response(status=404)
            etag = f'"{zlib.crc32(body)}"'
            if request.headers.get("If-None-Match") == etag:
                return web.Response(status=304, headers={"ETag": etag})
            return web.Response(body=body, headers={"ETag": etag}, content_type="application/rss+xml")
        finally:
            self.at_once -= 1

    def times(self, path: str) -> list[float]:
        """When a path was asked for."""
        return [when for asked, when, _ in self.asked if asked == path]

    def marks(self, path: str) -> list[str]:
        """What a path was asked for with."""
        return [headers.get("If-None-Match", "") for asked, _, headers in self.asked if asked == path]


def status(code: int, **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=code, headers=headers)

    return answer


def page(body: bytes, **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, headers=headers)

    return answer


async def cut_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100000"})
    await response.prepare(request)
    await response.write(rss(("never", "never"))[:-30])
    assert request.transport is not None
    request.transport.close()
    return response


def source(*feeds: Feed, scale: float = 0.0005) -> Feeds:
    """Feeds whose rhythm of 15 minutes takes half a second."""
    hosts = listing.private_hosts(feeds)
    return Feeds(feeds, lambda: Fetcher("Tocsin test", hosts.__contains__, pause=PAUSE), scale=scale)


def feed(url: str, **more: Any) -> Feed:
    return Feed(url, private=True, **more)


async def articles(system: System) -> list[Article]:
    found = [decode_article(record.value) for record in await topic(system.settings, "articles")]
    return [each for each in found if isinstance(each, Article)]


@asynccontextmanager
async def fetching(**more: Any) -> AsyncIterator[Fetcher]:
    async with Fetcher("Tocsin test", lambda host: True, pause=0.0, **more) as fetcher:
        yield fetcher


async def test_every_item_arrives_whatever_the_site_does_and_is_not_asked_for_in_vain(system: System) -> None:
    """Errors, cut-off answers, pages in a feed's place; items that change without a date; the same item twice."""
    site = Site()
    async with served(site.application) as url:
        site.bodies["/a"] = rss(("1", "one"), ("2", "two"), ("1", "one again"))
        site.bodies["/b"] = rss(("3", "three"))
        site.answers["/b"] = [cut_off, page(b"<html>wait</html>"), status(503, **{"Retry-After": "1800"}), status(500)]
        async with working(system, lambda _: source(feed(f"{url}/a"), feed(f"{url}/b"))):
            await eventually(lambda: len(site.times("/b")) > 4, 60)
            site.bodies["/a"] = rss(("1", "one, corrected"), ("2", "two"), ("4", "four"))
            await _until(system, {("1", "one, corrected"), ("2", "two"), ("3", "three"), ("4", "four")})
            asked = len(site.times("/a"))
            await eventually(lambda: len(site.times("/a")) > asked + 1, 60)
    found = await articles(system)
    assert [each.title for each in found if each.url.endswith("/2")] == ["two"], "what is known isn't sent again"
    assert [(each.op, each.title) for each in found if each.url.endswith("/1")] == [
        ("create", "one"),
        ("edit", "one, corrected"),
    ]
    marks = site.marks("/a")
    assert marks[0] == ""
    assert all(marks[1:]), "asked for with the version that is known"
    assert site.most_at_once == 1, "one request at a time to a host"
    times = sorted(when for _, when, _ in site.asked)
    assert min(after - before for before, after in itertools.pairwise(times)) >= PAUSE * 0.9
    waits = [after - before for before, after in zip(site.times("/b"), site.times("/b")[1:], strict=False)]
    assert waits[2] >= 0.9, "Retry-After: 1800 s, at this scale 0.9"


async def _until(system: System, wanted: set[tuple[str, str]]) -> None:
    async def arrived() -> bool:
        return wanted <= {(each.url.rpartition("/")[2], each.title) for each in await articles(system)}

    await eventually(arrived, 60, f"never came: {wanted}")


async def test_a_feed_goes_on_where_it_was(system: System) -> None:
    """The version of the last answer is the cursor, written once Kafka has what it held."""
    site = Site()
    async with served(site.application) as url:
        site.bodies["/a"] = rss(("1", "one"))
        async with working(system, lambda _: source(feed(f"{url}/a"))) as first:
            await _until(system, {("1", "one")})
            await first.ended()
        cursor = (await report(system.settings)).cursor
        assert cursor is not None
        assert f"{url}/a" in cursor
        asked = len(site.asked)
        async with working(system, lambda _: source(feed(f"{url}/a"))):
            await eventually(lambda: len(site.asked) > asked, 60)
        assert site.marks("/a")[asked] != ""
    assert len(await articles(system)) == 1


async def test_a_list_of_which_nothing_answers_is_blind(system: System) -> None:
    site = Site()
    async with served(site.application) as url:
        site.answers["/a"] = [status(404)] * 3
        site.bodies["/a"] = rss(("1", "one"))
        async with working(system, lambda _: source(feed(f"{url}/a")), scale=0.0005) as run:
            await eventually(lambda: len(site.times("/a")) >= 2, 60)
            assert (await report(system.settings)).blind_since is not None
            await _until(system, {("1", "one")})
            assert run.waits
            await eventually(lambda: run.runner.connected, 60)


async def test_feeds_that_are_gone_for_good_end_it(system: System) -> None:
    site = Site()
    async with served(site.application) as url:
        site.answers["/a"] = [status(410)]
        async with working(system, lambda _: source(feed(f"{url}/a"))) as run:
            with pytest.raises(UserError, match="gone for good"):
                await asyncio.wait_for(run.task, 60)
    assert len(site.asked) == 1


async def test_the_text_of_pages_and_transcripts(system: System) -> None:
    site = Site()
    async with served(site.application) as url:
        words = (
            "The ministry said on Friday that the soldiers near Kursk had not been surrounded, and denied the claim. "
        )
        site.bodies["/page"] = (
            f"<html><body><nav>Menu</nav><article><p>{words * 5}</p></article></body></html>".encode()
        )
        item = "<item><title>x</title><link>%s</link><enclosure url='%s/t.vtt' type='text/vtt' length='9'/></item>"
        for name in ("news", "talks"):
            made = item % (f"http://{name}.example/a", url)
            site.bodies[f"/{name}"] = f"<rss version='2.0'><channel>{made}</channel></rss>".encode()
        site.bodies["/t.vtt"] = b"WEBVTT\n\n00:01.000 --> 00:02.000\nThey will live\n"
        feeds = source(feed(f"{url}/talks", kind="transcript"), feed(f"{url}/news", kind="press_release"))
        async with working(system, lambda _: feeds):
            await eventually(lambda: bool(site.times("/t.vtt")), 60)

            async def both() -> bool:
                return len(await articles(system)) == 2

            await eventually(both, 60, "two articles never came")
    found = {each.url: each for each in await articles(system)}
    talk, news = found["http://talks.example/a"], found["http://news.example/a"]
    assert (talk.kind, talk.body) == ("transcript", "They will live")
    assert (news.kind, news.body) == ("press_release", None)
    text = pages.text(site.bodies["/page"], "http://news.example/a")
    assert text is not None
    assert "denied the claim" in text
    assert "Menu" not in text


async def test_an_edit_reaches_the_counts(system: System) -> None:
    """An item that says something else than before no longer counts where it counted."""
    site = Site()
    async with counting(system, "kursk") as counted, served(site.application) as url:
        site.bodies["/a"] = rss(("1", "Kursk encircled"), ("2", "Kursk again"))
        async with working(system, lambda _: source(feed(f"{url}/a"))):
            await counted.reaches(2)
            site.bodies["/a"] = rss(("1", "Something else"), ("2", "Kursk again"))
            await counted.reaches(1)


async def test_private_addresses_are_refused_before_and_after_redirects() -> None:
    """As an address, by name, behind a redirect; only what is named may be private."""
    site = Site()
    async with served(site.application) as url:
        port = url.rpartition(":")[2]
        site.bodies["/a"] = b"secret"
        for host in ("127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "127.1"):
            async with Fetcher("t", lambda host: False, pause=0.0) as fetcher:
                with pytest.raises(NotFetched, match=r"private|no address on the web"):
                    await fetcher.fetch(f"http://{host}:{port}/a")
        assert site.asked == []
        site.answers["/b"] = [status(302, Location=f"http://127.0.0.1:{port}/a")]
        async with Fetcher("t", lambda host: host == "localhost", pause=0.0) as fetcher:
            with pytest.raises(NotFetched, match="private"):
                await fetcher.fetch(f"http://localhost:{port}/b")
        assert [path for path, _, _ in site.asked] == ["/b"]


@pytest.mark.parametrize(
    ("answers", "told", "asked"),
    [
        ([status(302, Location="/a")] * 20, "more than 5 redirects", 6),
        ([status(302, Location="file:///etc/passwd")], "a redirect to file:///etc/passwd", 1),
        ([status(429, **{"Retry-After": "7"})], "status 429", 1),
        ([status(403)], "status 403", 1),
        ([cut_off], "cut off", 1),
        ([page(zlib.compress(b"x" * 300_000_000, 9), **{"Content-Encoding": "deflate"})], "more than", 1),
        ([page(b"not gzip", **{"Content-Encoding": "gzip"})], "broken", 1),
    ],
    ids=["redirects", "file", "429", "403", "cut off", "bomb", "broken gzip"],
)
async def test_what_cannot_be_fetched_is_one_line(answers: list[Answer], told: str, asked: int) -> None:
    site = Site()
    async with served(site.application) as url, fetching() as fetcher:
        site.answers["/a"] = list(answers)
        with pytest.raises(NotFetched, match=told) as error:
            await fetcher.fetch(f"{url}/a")
    assert len(site.asked) == asked
    assert (error.value.wait == 7) == ("429" in told)


async def test_a_name_that_is_none_and_a_site_that_is_silent() -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    site = Site()
    async with served(site.application) as url, fetching(limit=0.3) as fetcher:
        site.answers["/a"] = [silent]
        with pytest.raises(NotFetched, match=r"no whole answer within 0\.3 s") as error:
            await fetcher.fetch(f"{url}/a")
        assert error.value.away
        with pytest.raises(NotFetched) as error:
            await fetcher.fetch("http://nobody.invalid/")
        assert error.value.away


async def test_a_document_that_moved_for_good_says_where() -> None:
    site = Site()
    async with served(site.application) as url, fetching() as fetcher:
        site.bodies["/c"] = b"x"
        site.answers["/a"] = [status(301, Location="/b")]
        site.answers["/b"] = [status(302, Location="/c")]
        found = await fetcher.fetch(f"{url}/a")
        assert (found.url, found.moved, found.body) == (f"{url}/c", f"{url}/b", b"x")
        assert (await fetcher.fetch(f"{url}/c", found.mark)).body is None
        assert msgspec.json.decode(msgspec.json.encode(found.mark), type=Mark) == found.mark
