"""What every mapper of a platform's payloads shares: its outcomes, and the check that what it made keeps the schema.

Pure. A mapper gives values, never an exception, so that one bad record costs no other.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec
import orjson

from schemas import Article, ArticleDeletion, Post, PostDeletion, Reason
from schemas.codec import Unusable, decode_article, decode_post, encode

Record: TypeAlias = Post | PostDeletion | Article | ArticleDeletion


class Skipped(msgspec.Struct, frozen=True, gc=False):
    """Something of a platform's that is neither a post nor a deletion: `kind` is what it is."""

    kind: str


Outcome: TypeAlias = Record | Skipped | Unusable


def checked(make: Callable[[], Record | Skipped]) -> Outcome:
    """What `make` returns, held to the schema; the reason where it cannot be used."""
    try:
        record = make()
        if isinstance(record, Skipped):
            return record
        decode = decode_post if isinstance(record, Post | PostDeletion) else decode_article
        decode(encode(record))
    except msgspec.ValidationError as error:
        return Unusable(Reason.SCHEMA, str(error))
    except Unusable as error:
        return error
    except (UnicodeEncodeError, orjson.JSONEncodeError) as error:
        if "utf-8" in str(error).lower():
            return Unusable(Reason.INVALID_UTF8, "half a surrogate pair in a text")
        return Unusable(Reason.SCHEMA, str(error))
    except RecursionError:
        return Unusable(Reason.TOO_DEEP, "nested too deep")
    return record


def each_of(payload: object, one: Callable[[object], Iterator[Outcome]]) -> Iterator[Outcome]:
    """The outcomes of an array's elements, or of the one payload; what nests too deep is an outcome too."""
    try:
        for each in payload if isinstance(payload, list) else (payload,):
            yield from one(each)
    except RecursionError:
        yield Unusable(Reason.TOO_DEEP, "nested too deep")
