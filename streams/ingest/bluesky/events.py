"""Jetstream's events, and posts as Bluesky's AppView shows them, to posts and deletions: `records`. Pure.

A post's id is its AT URI: what deletes, replies, quotes and reposts name it by. Likes and follows are no posts.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from schemas import Author, PostDeletion, Reason
from schemas.codec import Unusable
from schemas.post import Post
from streams.ingest.bluesky import lexicon, views
from streams.ingest.bluesky.lexicon import LIKE, PLATFORM, POST, REPOST, Payload
from streams.ingest.mapping import Outcome, Skipped, checked, each_of, guarded


class Commit(Payload, frozen=True):
    operation: str
    collection: str
    rkey: str
    record: dict[str, Any] | None = None


class Identity(Payload, frozen=True):
    did: str
    handle: str | None = None


class Account(Payload, frozen=True):
    active: bool
    status: str | None = None


class Event(Payload, frozen=True):
    """One of Jetstream's events. `time_us`: when it saw it, unix microseconds; its cursor."""

    did: str
    time_us: int
    kind: str
    commit: Commit | None = None
    identity: Identity | None = None
    account: Account | None = None


read: Final = msgspec.json.Decoder(Event).decode
_LISTS: Final = ("posts", "feed", "thread", "events")


def records(payload: object, handles: MutableMapping[str, str] | None = None) -> Iterator[Outcome]:
    """The records of a payload: an event, a post's or a feed's view, a page of these, or an array of any.

    `handles` (DID -> handle) is read for authors, and told what identity events say.
    """
    known = {} if handles is None else handles
    return each_of(payload, lambda each: _one(each, known))


def _one(payload: object, handles: MutableMapping[str, str]) -> Iterator[Outcome]:
    if not isinstance(payload, dict):
        yield Unusable(Reason.SCHEMA, f"Expected `object`, got `{type(payload).__name__}`")
    elif "did" in payload and ("kind" in payload or "time_us" in payload):
        yield of_payload(payload, handles)
    elif "uri" in payload and "record" in payload:
        yield checked(lambda: views.post(payload))
    elif isinstance(payload.get("post"), dict):
        yield checked(lambda: views.in_feed(payload))
    elif listed := next((name for name in _LISTS if isinstance(payload.get(name), list)), None):
        for each in payload[listed]:
            yield from _one(each, handles)
    elif isinstance(payload.get("thread"), dict):
        yield from _one(payload["thread"], handles)
    elif "displayName" in payload or "handle" in payload:
        yield Skipped("profile")
    else:
        found = payload.get("$type") or ", ".join(sorted(map(str, payload))[:8]) or "nothing"
        yield Unusable(Reason.SCHEMA, f"Expected an event of Jetstream or a post's view, found an object with {found}")


def of_payload(payload: object, handles: MutableMapping[str, str]) -> Outcome:
    """The outcome of an event that is parsed already."""
    return guarded(lambda: of_event(msgspec.convert(payload, Event), handles))


def of_event(event: Event, handles: MutableMapping[str, str]) -> Outcome:
    """The outcome of one event; `handles` learns what an identity event says."""
    if event.kind == "identity" and event.identity is not None:
        if event.identity.handle:
            handles[event.did] = event.identity.handle
        return Skipped("identity")
    if event.kind == "account" and event.account is not None:
        # Jetstream names none of the account's posts, so they stay.
        return Skipped("account" if event.account.active else f"account {event.account.status or 'inactive'}")
    commit = event.commit
    if event.kind != "commit" or commit is None:
        return Skipped(event.kind[:40] or "event")
    if commit.collection not in (POST, REPOST):
        return Skipped("like" if commit.collection == LIKE else "other collection")
    return checked(lambda: _committed(event, commit, handles))


def _committed(event: Event, commit: Commit, handles: Mapping[str, str]) -> Post | PostDeletion:
    uri = f"at://{event.did}/{commit.collection}/{commit.rkey}"
    if commit.operation == "delete":
        return PostDeletion(PLATFORM, uri, "delete", event.time_us // 1_000)
    if commit.operation not in ("create", "update"):
        raise msgspec.ValidationError(f"Invalid enum value {commit.operation[:40]!r} - at `$.commit.operation`")
    if commit.record is None:
        raise msgspec.ValidationError("Object missing required field `record` - at `$.commit`")
    author = Author(event.did, handles.get(event.did, event.did))
    if commit.collection == REPOST:
        made = lexicon.repost(uri, author, commit.record)
    else:
        made = lexicon.post(uri, author, commit.record, handles)
    if commit.operation == "update":
        version = event.time_us // 1_000
        edited_at = datetime.fromtimestamp(version / 1_000, UTC)
        return msgspec.structs.replace(made, op="edit", version=version, edited_at=edited_at)
    return made
