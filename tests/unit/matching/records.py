"""Records and events for tests, with everything but what a test is about filled in."""

from datetime import UTC, datetime
from typing import Any

from schemas import Article, Author, Outlet, Post, TrackedEvent
from streams.matching import ENGINE, Matcher

APPLIED = datetime(2025, 3, 14, tzinfo=UTC)


def post(text: str = "", *, handle: str = "someone", **more: Any) -> Post:
    whole: dict[str, Any] = {
        "platform": "x",
        "id": "1",
        "op": "create",
        "version": 0,
        "author": Author(id="7", handle=handle),
    } | more
    return Post(text=text, **whole)


def article(title: str = "", *, domain: str = "news.example", **more: Any) -> Article:
    whole: dict[str, Any] = {
        "url": "https://news.example/1",
        "op": "create",
        "version": 0,
        "outlet": Outlet(domain=domain),
    } | more
    return Article(title=title, **whole)


def event(match: str, **more: Any) -> TrackedEvent:
    whole: dict[str, Any] = {
        "id": "event",
        "title": "An event",
        "revision": "0" * 12,
        "applied_at": APPLIED,
        "engine": ENGINE,
    } | more
    return TrackedEvent(match=match, **whole)


def is_true(rule: str, record: Post | Article, **more: Any) -> bool:
    """Whether a match rule is true of a record."""
    return bool(Matcher([event(rule, **more)]).match(record))
