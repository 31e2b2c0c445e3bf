"""What every mapper of a platform's payloads shares: its outcomes, and the check that what it made keeps the schema.

Pure. A mapper gives values, never an exception, so that one bad record costs no other.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import msgspec

from schemas import Article, ArticleDeletion, Post, PostDeletion, Reason
from schemas.codec import Unusable, decode_article, decode_post, encode

Record: TypeAlias = Post | PostDeletion | Article | ArticleDeletion


class Skipped(msgspec.Struct, frozen=True, gc=False):
    """Something of a platform's that is neither a post nor a deletion: `kind` is what it is."""

    kind: str


Outcome: TypeAlias = Record | Skipped | Unusable

#: Tuples: `Post | PostDeletion` would be put together anew for each record, which takes longer than encoding it.
_POSTS: Final = (Post, PostDeletion)
_ARTICLES: Final = (Article, ArticleDeletion)


def checked(make: Callable[[], Record | Skipped], path: str = "$") -> Outcome:
    """What `make` returns, held to the schema; the reason where it cannot be used, named from `path`."""
    return guarded(lambda: _held_to_schema(make()), path)


def guarded(make: Callable[[], Outcome], path: str = "$") -> Outcome:
    """What `make` returns; the reason where it stumbles over what is in the payload, named from `path`."""
    try:
        return make()
    except msgspec.ValidationError as error:
        return unusable(str(error), path)
    except Unusable as error:
        return Unusable(error.reason, at(error.detail, path))
    except UnicodeEncodeError:
        return Unusable(Reason.INVALID_UTF8, at("half a surrogate pair in a text", path))
    except RecursionError:
        return Unusable(Reason.TOO_DEEP, at("nested too deep", path))


def unusable(problem: str, path: str = "$") -> Unusable:
    """What breaks the shape that is expected at `path`."""
    return Unusable(Reason.SCHEMA, at(problem, path))


def at(problem: str, path: str) -> str:
    """A problem that msgspec named from the root `$`, named from `path` instead."""
    if path == "$":
        return problem
    what, separator, where = problem.rpartition(" - at `$")
    return f"{what} - at `{path}{where}" if separator else f"{problem} - at `{path}`"


def _held_to_schema(record: Record | Skipped) -> Record | Skipped:
    if isinstance(record, _POSTS):
        decode_post(_encoded(record))
    elif isinstance(record, _ARTICLES):
        decode_article(_encoded(record))
    return record


def _encoded(record: Record) -> bytes:
    try:
        return encode(record)
    except UnicodeEncodeError:
        raise
    except ValueError:
        raise Unusable(Reason.SCHEMA, "a number of more digits than Python writes out") from None


def each_of(payload: object, one: Callable[[object], Iterator[Outcome]]) -> Iterator[Outcome]:
    """The outcomes of an array's elements, or of the one payload; what nests too deep is an outcome too."""
    try:
        for each in payload if isinstance(payload, list) else (payload,):
            yield from one(each)
    except RecursionError:
        yield Unusable(Reason.TOO_DEEP, "nested too deep")
