"""A JSON document changed at one place to another document: what a fuzzer of bytes hardly ever comes to. Pure."""

import copy
import random
from collections.abc import Iterator
from typing import Any, Final

import orjson

_ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1.5, 1e308, 2**48, 2**63 - 1, "", "a", "0", "-1", "\x1b[2J", "a\nb", "\u202e", "x" * 600,
    "2025-03-14T00:00:00Z", "Fri Mar 14 00:00:00 +0000 2025", "9999-12-31T23:59:59Z", "https://[", "http://a.b/\u0130",
    [], {}, [[]], [None], {"id": 1}, {"": None},
)  # fmt: skip


def mutated(document: bytes, seed: int) -> bytes | None:
    """The document with one value replaced by an odd one or by another of its own, moved, doubled or left out.

    None where it is no JSON, or where it has become what it was.
    """
    try:
        root = [orjson.loads(document)]
    except orjson.JSONDecodeError:
        return None
    chance = random.Random(seed)
    places = list(_places(root))
    (holder, key), (other, its) = chance.choice(places), chance.choice(places)
    match chance.randrange(4):
        case 0:
            holder[key] = chance.choice(_ODD)
        case 1:
            holder[key] = copy.deepcopy(other[its])  # it may hold the place itself
        case 2 if isinstance(holder, dict):
            holder[chance.choice([str(name) for _, name in places])] = holder.pop(key)
        case 2 if holder is not root:
            holder.append(holder[key])
        case _ if holder is not root:
            del holder[key]
        case _:
            return None
    try:
        changed = orjson.dumps(root[0])
    except orjson.JSONEncodeError:
        return None  # deeper than orjson writes
    return None if changed == document else changed


def _places(holder: Any) -> Iterator[tuple[Any, Any]]:
    for key, value in list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder)):
        yield holder, key
        if isinstance(value, dict | list):
            yield from _places(value)
