"""Recorded payloads of X, in any of its formats, to posts and deletions: `records`. Pure: no network, no clock.

Decides by its shape which format a payload is in and takes pages apart; each format's own module maps it. What cannot
be used comes out as a value that says why, so that one bad record costs no other.
"""

from collections.abc import Iterator
from typing import Any, Final

from schemas import Reason
from schemas.codec import Unusable
from streams.ingest.mapping import Outcome, Skipped, checked, unusable
from streams.ingest.x import gnip, v1
from streams.ingest.x.v2 import compliance, posts
from streams.ingest.x.v2.included import Included, Page

#: Keys of the messages in a stream that are no posts: v1.1's, Gnip's, and errors of all versions.
_FRAMES: Final = (
    "limit", "warning", "warn", "info", "scrub_geo", "status_withheld", "user_withheld", "disconnect", "control",
    "friends", "friends_str", "event", "direct_message", "for_user", "user_delete", "user_undelete", "user_protect",
    "user_unprotect", "user_suspend", "user_unsuspend", "errors", "error",
)  # fmt: skip
#: A key that only another thing of X's has, where no text stands beside it -> what that is.
_OTHERS: Final = {
    "screen_name": "user",
    "username": "user",
    "trends": "trends",
    "tweet_count": "count",
    "member_count": "list",
    "action": "compliance",
    "tos": "terms",
    "state": "space",
}
_V1: Final = ("user", "id_str", "full_text", "in_reply_to_screen_name", "truncated")
#: Where a page holds its posts: premium and Gnip's search, v1.1's search.
_LISTS: Final = ("results", "statuses")


def records(payload: object, received: int = 0) -> Iterator[Outcome]:
    """The records of one payload (a page, a stream's line, one post, an array of these), in order.

    `received`: unix milliseconds at which it came; the version of a deletion for which X gives no time. With 0 such a
    deletion outranks the post's creation, but none of its edits.
    """
    try:
        yield from _records(payload, received, "$")
    except RecursionError:
        yield Unusable(Reason.TOO_DEEP, "nested too deep")


def _records(payload: object, received: int, path: str) -> Iterator[Outcome]:
    if isinstance(payload, list):
        for number, each in enumerate(payload):
            yield from _records(each, received, f"{path}[{number}]")
    elif payload is None:
        yield Skipped("unavailable")  # v1.1's lookup says null where a post is gone
    elif not isinstance(payload, dict):
        yield unusable(f"Expected `object`, got `{type(payload).__name__}`", path)
    elif "data" in payload or "meta" in payload:
        yield from _page(payload, path)
    elif isinstance(payload.get("results"), list) or isinstance(payload.get("statuses"), list):
        for name in _LISTS:
            yield from _records(payload.get(name) or [], received, f"{path}.{name}")
    elif isinstance(payload.get("id"), dict):  # v1.1's lookup as a map, identifier -> post
        for identifier, each in payload["id"].items():
            yield from _records(each, received, f"{path}.id.{identifier}")
    else:
        yield _single(payload, received, path)


def _page(payload: dict[str, Any], path: str) -> Iterator[Outcome]:
    included = Page(payload.get("includes"))
    data = payload.get("data", [])  # an empty page has none
    if isinstance(data, list):
        for number, each in enumerate(data):
            yield _of_page(each, included, f"{path}.data[{number}]")
    else:
        yield _of_page(data, included, f"{path}.data")
    # What X could not include: posts that are gone, accounts that are locked.
    errors = payload.get("errors")
    yield from (Skipped("errors") for _ in (errors if isinstance(errors, list) else ()))


def _of_page(payload: object, included: Included, path: str) -> Outcome:
    if not isinstance(payload, dict):
        return unusable(f"Expected `object`, got `{type(payload).__name__}`", path)
    if "text" not in payload and any(name in payload for name in compliance.EVENTS):
        return checked(lambda: compliance.outcome(payload), path)
    return _other(payload) or checked(lambda: posts.post(payload, included), path)


def _single(payload: dict[str, Any], received: int, path: str) -> Outcome:
    if payload.get("verb") == "delete":
        return checked(lambda: gnip.deletion(payload, received), path)
    if "actor" in payload or "verb" in payload:
        return checked(lambda: gnip.post(payload), path)
    if "delete" in payload:
        return checked(lambda: v1.deletion(payload, received), path)
    other = _other(payload)
    if other is not None:
        return other
    if any(map(payload.__contains__, _V1)) or isinstance(payload.get("id"), int):
        return checked(lambda: v1.post(payload), path)
    if "id" in payload:
        return checked(lambda: posts.post(payload, Page(payload.get("includes"))), path)
    found = ", ".join(sorted(payload)[:8]) or "nothing"
    return unusable(f"Expected a post, a page or a stream's message of X, found an object with {found}", path)


def _other(payload: dict[str, Any]) -> Skipped | None:
    if "recipient" in payload or "event_type" in payload:
        return Skipped("direct_message")
    if "text" in payload or "full_text" in payload:
        return None
    for name in _FRAMES:
        if name in payload:
            return Skipped(name)
    return next((Skipped(kind) for name, kind in _OTHERS.items() if name in payload), None)
