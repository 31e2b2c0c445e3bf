"""A record that could not be used: what the topic `dead-letters` carries, keyed `topic/partition/offset`."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from schemas.base import Record

#: Bytes of the raw record that a dead letter keeps.
MAX_RAW_BYTES = 256 * 1024


class Reason(StrEnum):
    """Why a record could not be used. A closed set: each has a counter that starts at zero."""

    EMPTY = "empty"
    INVALID_UTF8 = "invalid-utf8"
    MALFORMED_JSON = "malformed-json"
    NUL = "nul"
    SCHEMA = "schema"
    KEY_MISMATCH = "key-mismatch"
    TOO_DEEP = "too-deep"


class DeadLetter(Record, frozen=True, gc=False):
    """Where the record stands, why it was refused, and its bytes as base64, cut to 256 KiB (`truncated`)."""

    topic: str
    partition: int
    offset: int
    reason: Reason
    detail: Annotated[str, Meta(max_length=1_000)]
    raw: bytes
    truncated: bool = False

    @property
    def key(self) -> str:
        """The identity of the refused record: a dead letter may be written twice, its key says so."""
        return f"{self.topic}/{self.partition}/{self.offset}"
