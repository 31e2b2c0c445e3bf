"""What stands behind an event's numbers, as JSON: `/trends/{event}` and `tocsin trends --json` share it."""

from typing import Any

from streams.evidence import Behind, Shown
from streams.ingest.times import to_text


def describe_behind(behind: Behind) -> dict[str, Any]:
    """The keys that a trend has besides its counts; by window, but for `first_seen`."""
    return {
        "voices": behind.voices,
        "outlets": {window: each.outlets for window, each in behind.authors.items()},
        "top_authors_share": {window: each.top_share for window, each in behind.authors.items()},
        "copies": {
            window: [
                {
                    "text": each.text,
                    "posts": each.posts,
                    "wordings": each.wordings,
                    "authors": each.authors,
                    "spread_seconds": each.spread,
                    "first": describe_post(post),
                }
                for each, post in found
            ]
            for window, found in behind.copies.items()
        },
        "shares": {
            window: {
                name: {
                    "posts": part.posts,
                    "share": part.share,
                    "posts_before": part.posts_before,
                    "share_before": part.share_before,
                }
                for name, part in parts.items()
            }
            for window, parts in behind.shares.items()
        },
        "first_seen": {
            name: {"at": instant(first.at), "post": None if first.post is None else describe_post(first.post)}
            for name, first in behind.first_seen.items()
        },
    }


def describe_post(post: Shown) -> dict[str, Any]:
    """A post that stands; `id`, `url` and `text` are null where the log no longer holds it (`gone`)."""
    return {
        "id": post.id,
        "url": post.url,
        "author": post.author,
        "platform": post.platform,
        "kind": post.kind,
        "lang": post.lang or None,
        "at": instant(post.at),
        "text": post.text,
        "claims": post.claims,
        "groups": post.groups,
        "topic": post.place.topic,
        "partition": post.place.partition,
        "offset": post.place.offset,
        "gone": post.gone,
    }


def instant(at: float) -> str:
    """Unix seconds as text."""
    return to_text(round(at * 1_000))
