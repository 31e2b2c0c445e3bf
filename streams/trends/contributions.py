"""What one record adds to one event's counts, and the ledger cell that remembers it.

`dimensions` says under which names a contribution is counted; `ledger.lua` derives the same names from a cell when it
takes a contribution back, and a test holds the two equal. Pure: knows no Redis.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from streams.trends.orders import ORDER_BYTES, pack_order, raw, unpack_order

HOUR = 3_600
SLOT = 10
"""Seconds of the finest bucket."""

Shape = tuple[str, str, str, tuple[str, ...], tuple[str, ...]]
"""(platform, kind, lang, groups, claims): all that decides the dimensions."""


class Contribution(msgspec.Struct, frozen=True, gc=False):
    """What a record adds to one event while it stands.

    `fingerprint` is the same for copies of a text and near for near-copies (`voices`); at most 31 bytes.
    """

    platform: str
    kind: str
    lang: str
    groups: tuple[str, ...]
    claims: tuple[str, ...]
    author: str
    fingerprint: bytes
    domains: tuple[str, ...]

    @property
    def shape(self) -> Shape:
        return (self.platform, self.kind, self.lang, self.groups, self.claims)


class Standing(msgspec.Struct, frozen=True, gc=False):
    """One record, ready to apply.

    `post` is the digest of its key; `partition` its lane (articles: 0x8000 + partition); `at` its bucket time and
    `stamp` its Kafka timestamp, both unix seconds (a delete has no bucket: `at` is its Kafka timestamp); `visible` is
    False only for a create of version 0, which exists for nothing but the events it matches; `contributions` maps the
    tag of each event that it matches to what it adds, and is empty for a delete.
    """

    post: bytes
    version: int
    offset: int
    partition: int
    at: int
    stamp: int
    visible: bool
    contributions: Mapping[str, Contribution]

    @property
    def hour(self) -> int:
        """Hours since the epoch of its bucket."""
        return self.at // HOUR

    @property
    def order(self) -> bytes:
        return pack_order(self.version, self.offset)


@dataclass(frozen=True, slots=True)
class Cell:
    """What the ledger remembers of one post in one hour: `contribution` is None where it was taken back.

    `partition` and `slot` (ten seconds each, from the hour's start) are 0 then.
    """

    version: int
    offset: int
    partition: int = 0
    slot: int = 0
    contribution: Contribution | None = None


class _Packed(msgspec.Struct, array_like=True, frozen=True, gc=False):
    # The order of fields is known to ledger.lua.
    partition: int
    slot: int
    fingerprint: msgspec.Raw
    author: str
    domains: tuple[str, ...]
    platform: str
    kind: str
    lang: str
    groups: tuple[str, ...]
    claims: tuple[str, ...]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


@lru_cache(maxsize=65_536)
def dimensions(shape: Shape) -> tuple[str, ...]:
    """The names under which a contribution of this shape is counted (no group or claim is in it twice)."""
    platform, kind, lang, groups, claims = shape
    names = ["all", f"platform:{platform}", f"kind:{kind}", f"lang:{lang or 'und'}"]
    names += [f"group:{group}" for group in groups]
    for claim in claims:
        names.append(f"claim:{claim}")
        names += [f"claim_group:{claim}/{group}" for group in groups]
    return tuple(names)


def pack_cell(standing: Standing, contribution: Contribution) -> bytes:
    """The cell of a record that stands in its own hour."""
    c = contribution
    return standing.order + _encode(
        (
            standing.partition,
            standing.at % HOUR // SLOT,
            raw(c.fingerprint),
            c.author,
            c.domains,
            c.platform,
            c.kind,
            c.lang,
            c.groups,
            c.claims,
        )
    )


def unpack_cell(packed: bytes) -> Cell:
    """The cell as Redis holds it. Raises msgspec.DecodeError for bytes that are none."""
    version, offset = unpack_order(packed)
    if len(packed) == ORDER_BYTES:
        return Cell(version, offset)
    p = _decode(packed[ORDER_BYTES:])
    fingerprint = bytes(p.fingerprint)[1:]  # under 32 bytes: one byte of header
    contribution = Contribution(p.platform, p.kind, p.lang, p.groups, p.claims, p.author, fingerprint, p.domains)
    return Cell(version, offset, p.partition, p.slot, contribution)
