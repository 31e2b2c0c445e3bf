"""Bytes to records and back, by msgspec: it decodes and validates in one step.

Every way in goes through `decode_post` or `decode_article`, which either return a valid record or raise `Unusable`
with the reason code a dead letter carries. Nothing else escapes from them, whatever the bytes.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import msgspec

from schemas.alert import Alert
from schemas.article import Article, ArticleDeletion
from schemas.base import Record
from schemas.connector import Connector
from schemas.dead_letter import Reason
from schemas.event import TrackedEvent
from schemas.post import Post, PostDeletion

Whole = TypeVar("Whole", Post, Article)
Deletion = TypeVar("Deletion", PostDeletion, ArticleDeletion)

_PLATFORM = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
#: Signs that end a line, steer a terminal or turn the order of reading: what others wrote is quoted without them.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

_post = msgspec.json.Decoder(Post).decode
_post_deletion = msgspec.json.Decoder(PostDeletion).decode
_article = msgspec.json.Decoder(Article).decode
_article_deletion = msgspec.json.Decoder(ArticleDeletion).decode
_tracked_event = msgspec.json.Decoder(TrackedEvent).decode
_connector = msgspec.json.Decoder(Connector).decode
_alert = msgspec.json.Decoder(Alert).decode
_encode = msgspec.json.Encoder().encode


class Unusable(Exception):
    """A record that breaks the schema: `reason` is its code, `detail` says where and what in one printable line."""

    def __init__(self, reason: Reason, detail: str) -> None:
        detail = _STEERING.sub(lambda sign: repr(sign[0])[1:-1], detail)[:1_000]
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def decode_post(raw: bytes | None) -> Post | PostDeletion:
    """A post or the deletion of one. Raises `Unusable` for anything else."""
    record = _decode(raw, _post, _post_deletion)
    if not _is_platform(record.platform):
        raise Unusable(Reason.SCHEMA, f"expected a lower-case slug, found {record.platform[:40]!r} - at `$.platform`")
    return record


def decode_article(raw: bytes | None) -> Article | ArticleDeletion:
    """An article or the deletion of one. Raises `Unusable` for anything else."""
    return _decode(raw, _article, _article_deletion)


def decode_tracked_event(raw: bytes) -> TrackedEvent:
    """One tracked event. Raises `Unusable` for anything else."""
    try:
        return _tracked_event(raw)
    except Exception as error:
        raise _unusable(raw, error) from None


def decode_connector(raw: bytes) -> Connector:
    """A connector's report. Raises `Unusable` for anything else."""
    try:
        return _connector(raw)
    except Exception as error:
        raise _unusable(raw, error) from None


def decode_alert(raw: bytes) -> Alert:
    """One transition of an alert. Raises `Unusable` for anything else."""
    try:
        return _alert(raw)
    except Exception as error:
        raise _unusable(raw, error) from None


def encode(record: Record) -> bytes:
    """The record as JSON, without the fields that stand at their default."""
    return _encode(record)


def _decode(
    raw: bytes | None, decode: Callable[[bytes], Whole], decode_deletion: Callable[[bytes], Deletion]
) -> Whole | Deletion:
    if not raw:
        raise Unusable(Reason.EMPTY, "the record has no value")
    if b"\\u0000" in raw and _ESCAPED_NUL.search(raw):
        raise Unusable(Reason.NUL, "a string holds the character U+0000")
    try:
        return decode(raw)
    except Exception as error:
        try:
            return decode_deletion(raw)
        except Exception:
            raise _unusable(raw, error) from None


def _unusable(raw: bytes, error: Exception) -> Unusable:
    # msgspec raises its own two errors, and what the interpreter raises for bytes that are not text or nest too deep.
    detail = " ".join(str(error).split())[:1_000]
    if isinstance(error, RecursionError):
        return Unusable(Reason.TOO_DEEP, "nested too deep")
    try:
        raw.decode()
    except UnicodeDecodeError as broken:
        return Unusable(Reason.INVALID_UTF8, f"byte {broken.start} is not UTF-8")
    if isinstance(error, msgspec.ValidationError):
        return Unusable(Reason.SCHEMA, detail)
    return Unusable(Reason.MALFORMED_JSON, detail)


@lru_cache(maxsize=1_024)
def _is_platform(platform: str) -> bool:
    return _PLATFORM.fullmatch(platform) is not None
