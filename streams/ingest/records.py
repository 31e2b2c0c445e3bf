"""One line or body element to what Kafka is sent: its topic, key, own time, and whether it can be used at all. Pure.

Valid records go on as the bytes they came as. Records that break the schema are examined too, as far as they can be
read, for the file replay passes them on for the worker to refuse: nothing is dropped without a trace.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import msgspec
import orjson

from schemas import Article, ArticleDeletion, Post, PostDeletion
from schemas.codec import Unusable, decode_article, decode_post
from streams.connections import MAX_RECORD_BYTES
from streams.ingest.times import EARLIEST, Mapping, to_milliseconds, to_text
from streams.topics import ARTICLES, POSTS

Kind = Literal["posts", "articles"]

#: Bytes that Kafka's framing adds to key and value, rounded up: 61 of the batch and some 20 of the record.
FRAMING = 128

_DECODE: dict[str, Callable[[bytes], Post | PostDeletion | Article | ArticleDeletion]] = {
    POSTS: decode_post,
    ARTICLES: decode_article,
}
_TIMES = {POSTS: ("created_at", "edited_at"), ARTICLES: ("published_at", "updated_at")}


class Examined(msgspec.Struct, frozen=True):
    """A record on its way in.

    `key` is None where none can be read; `newest` and `oldest` are of its plausible times (milliseconds; None where it
    has none); `trouble` says why it cannot be used, or is None: an exception, whose frames may hold this very record,
    which is why the collector has to see it.
    """

    kind: Kind
    key: bytes | None
    value: bytes
    newest: int | None
    oldest: int | None
    trouble: Unusable | None


def examine(value: bytes, kind: Kind | None, fallback: Kind, latest: int) -> Examined:
    """What can be said of one record.

    `kind` None: guessed; a `platform` makes a post, else a `url` an article, else it is `fallback`. Times before 2000
    or after `latest` (milliseconds) are nonsense and not taken for times; nor are those of an unusable record.
    """
    likely: Kind = kind or ("posts" if b'"platform"' in value else "articles")
    try:
        record = _DECODE[likely](value)
    except Unusable as trouble:
        identity = _identity(value)
        if kind is None:
            kind = "posts" if "platform" in identity else "articles" if "url" in identity else fallback
        if kind != likely:
            return examine(value, kind, fallback, latest)
        return Examined(kind, _key(identity, kind), value, None, None, trouble)
    times = _times(record, latest)
    if not times:
        return Examined(likely, record.key.encode(), value, None, None, None)
    return Examined(likely, record.key.encode(), value, max(times), min(times), None)


def _times(record: Post | PostDeletion | Article | ArticleDeletion, latest: int) -> list[int]:
    if isinstance(record, Post):
        instants = (record.created_at, record.edited_at)
    elif isinstance(record, Article):
        instants = (record.published_at, record.updated_at)
    else:
        instants = (None, None)
    times = [record.version, *[to_milliseconds(each) for each in instants if each is not None]]
    return [each for each in times if EARLIEST <= each <= latest]


def _key(identity: dict[str, str], kind: Kind) -> bytes | None:
    if kind == "articles":
        key = identity.get("url")
    else:
        key = f"{identity['platform']}:{identity['id']}" if {"platform", "id"} <= identity.keys() else None
    return key.encode() if key else None


def _identity(value: bytes) -> dict[str, str]:
    """What names a record that breaks the schema, as far as it can be read."""
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: found[name] for name in ("platform", "id", "url") if isinstance(found.get(name), str)}


def is_too_large(key: bytes | None, value: bytes) -> bool:
    """Whether Kafka would refuse the record for its size."""
    return len(value) + len(key or b"") + FRAMING > MAX_RECORD_BYTES


def moved(record: Examined, mapping: Mapping, latest: int) -> bytes:
    """The record with its times, and a version that is one, mapped; all else as it was.

    `latest` as for `examine`. An unusable record stays as it is.
    """
    if record.newest is None:
        return record.value
    try:
        return orjson.dumps(_move(orjson.loads(record.value), record.kind, mapping, latest))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        # Valid, but with something in an unknown field that orjson refuses: half a surrogate pair, 300 levels, no text.
        text = record.value.decode(errors="replace")
        return json.dumps(_move(json.loads(text), record.kind, mapping, latest), separators=(",", ":")).encode()


def _move(fields: dict[str, Any], kind: Kind, mapping: Mapping, latest: int) -> dict[str, Any]:
    for name in _TIMES[kind]:
        if fields.get(name) is not None:
            time = to_milliseconds(msgspec.convert(fields[name], datetime))
            if EARLIEST <= time <= latest:
                fields[name] = to_text(mapping(time))
    if EARLIEST <= fields["version"] <= latest:
        fields["version"] = mapping(int(fields["version"]))
    return fields
