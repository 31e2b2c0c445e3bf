"""How identities and orders become bytes: what index and ledger store, in the smallest form that compares exactly.

The order of a post's records is (version, offset), and the highest stands. Scripts compare it as two numbers, never as
strings (Lua compares strings by locale).
"""

from functools import lru_cache
from hashlib import blake2b

import msgspec

VERSION_BYTES = 6
OFFSET_BYTES = 5
ORDER_BYTES = VERSION_BYTES + OFFSET_BYTES
POST_BYTES = 8
TAG_BYTES = 6


def digest(key: str) -> bytes:
    """Eight bytes that stand for a post's key everywhere in Redis."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=POST_BYTES).digest()


@lru_cache(maxsize=65_536)
def tag_digest(tag: str) -> bytes:
    """Six bytes that stand for an event's tag within one post's index entry."""
    return blake2b(tag.encode(), digest_size=TAG_BYTES).digest()


def pack_order(version: int, offset: int) -> bytes:
    """Eleven bytes. Raises OverflowError for a version over 48 bits, an offset over 40, or a negative one."""
    return version.to_bytes(VERSION_BYTES, "big") + offset.to_bytes(OFFSET_BYTES, "big")


def unpack_order(packed: bytes) -> tuple[int, int]:
    """(version, offset) of the first eleven bytes."""
    return (
        int.from_bytes(packed[:VERSION_BYTES], "big"),
        int.from_bytes(packed[VERSION_BYTES:ORDER_BYTES], "big"),
    )


#: What msgpack begins a string of fewer than 32 bytes with.
_SHORT = [bytes((0xA0 | n,)) for n in range(32)]


def raw(data: bytes) -> msgspec.Raw:
    """Bytes as a msgpack string: Redis' cmsgpack knows no other type for them."""
    n = len(data)
    if n < 32:
        return msgspec.Raw(_SHORT[n] + data)
    if n < 1 << 8:
        return msgspec.Raw(bytes((0xD9, n)) + data)
    if n < 1 << 16:
        return msgspec.Raw(b"\xda" + n.to_bytes(2, "big") + data)
    return msgspec.Raw(b"\xdb" + n.to_bytes(4, "big") + data)
