"""What a mapper makes of one thing that a platform gave: a record, word that it is none, or why it can't be used. Pure.

Every mapper ends in `checked`, so that nothing leaves one that a worker would refuse. Knows no platform.
"""

from collections.abc import Callable
from typing import TypeAlias

import msgspec
import orjson

from schemas import Article, ArticleDeletion, Post, PostDeletion, Reason
from schemas.codec import Unusable, decode_article, decode_post, encode
from streams.ingest.x.common import at

Record: TypeAlias = Post | PostDeletion | Article | ArticleDeletion


class Skipped(msgspec.Struct, frozen=True, gc=False):
    """Something that is neither a post nor an article nor a deletion: `kind` is the platform's name for it."""

    kind: str


Outcome: TypeAlias = Record | Skipped | Unusable


def checked(mapping: Callable[[], Record | Skipped], path: str = "$") -> Outcome:
    """What `mapping` returns; an `Unusable` that names `path` where it raises or its record breaks the schema."""
    try:
        record = mapping()
        if isinstance(record, Skipped):
            return record
        decode = decode_post if isinstance(record, Post | PostDeletion) else decode_article
        decode(encode(record))
    except msgspec.ValidationError as error:
        return unusable(str(error), path)
    except Unusable as error:
        return Unusable(error.reason, at(error.detail, path))
    except (UnicodeEncodeError, orjson.JSONEncodeError) as error:
        if "utf-8" in str(error).lower():
            return Unusable(Reason.INVALID_UTF8, at("half a surrogate pair in a text", path))
        return unusable(str(error), path)
    except RecursionError:
        return Unusable(Reason.TOO_DEEP, at("nested too deep", path))
    return record


def unusable(problem: str, path: str = "$") -> Unusable:
    """What breaks the shape that is expected at `path`."""
    return Unusable(Reason.SCHEMA, at(problem, path))
