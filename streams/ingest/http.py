"""What a POSTed body holds: a JSON array of records, a single one, or one a line, each with what became of it. Pure.

Knows bodies and records; knows neither the web server nor Kafka.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from schemas.codec import Unusable, decode_article, decode_post
from streams.connections import MAX_RECORD_BYTES
from streams.ingest.records import Kind, is_too_large

#: Most bytes of a body.
MAX_BODY_BYTES = 16 * 1024 * 1024
#: Most records of a body: a real one has 40 bytes and more, and each costs us some hundred.
MAX_RECORDS = 100_000

_one = msgspec.json.Decoder(msgspec.Raw).decode
_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_BLANK = b" \t\r\n"


class UnreadableBody(Exception):
    """Not one record can be read from the body; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A valid record: its key and the very bytes that came."""

    key: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that is not sent: the reason is a code, the detail one line."""

    reason: str
    detail: str


def split(body: bytes) -> list[bytes]:
    """The bytes of each record. Raises `UnreadableBody`."""
    body = body.strip(_BLANK)
    if not body:
        raise UnreadableBody("the body is empty: expected a JSON array of records, one record, or one a line")
    if body.startswith(b"["):
        try:
            parts = [bytes(part) for part in _array(body)]
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise UnreadableBody(f"the body is no JSON array: {_line(error)}") from None
    elif _is_json(body):
        parts = [body]
    else:
        parts = [line for line in (each.strip(_BLANK) for each in body.split(b"\n")) if line]
        if not any(_is_json(part) for part in parts):
            raise UnreadableBody(
                "the body is neither a JSON array of records, nor one record, nor one a line; "
                "curl keeps the ends of lines with --data-binary, not with -d"
            )
    if len(parts) > MAX_RECORDS:
        raise UnreadableBody(f"the body holds {len(parts)} records, {MAX_RECORDS} are the most: send several bodies")
    return parts


def judge(kind: Kind, parts: list[bytes]) -> Iterator[Accepted | Refused]:
    """What is to become of each record, in order."""
    decode = decode_article if kind == "articles" else decode_post
    for part in parts:
        try:
            record = decode(part)
        except Unusable as trouble:
            yield Refused(trouble.reason.value, trouble.detail)
            continue
        if is_too_large(record.key.encode(), part):
            yield Refused("too-large", f"a record of {len(part)} bytes, Kafka takes {MAX_RECORD_BYTES}")
        else:
            yield Accepted(record.key, part)


def _is_json(body: bytes) -> bool:
    try:
        _one(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return False
    return True


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
