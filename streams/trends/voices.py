"""Near-copies as one voice: which of the texts that stand differ in no more than a few words.

A pure function of the set of texts that stand in a window, worked out when somebody asks: nothing of it is stored, so
neither the order in which posts came nor what was edited and deleted meanwhile can leave a trace. The ledger moves each
text's fingerprint both ways as it is; its last thirteen bytes are the sketch that is compared here (`matching`).

Texts are linked where their sketches differ in at most `NEAR` bits; a voice is what hangs together. A few texts are
compared all with all. Of more, each is compared with its neighbours in several orders, by other bits each time, as in
Charikar's search by sorted permutations (STOC 2002): the work grows with the number of texts, not with its square.
"""

import asyncio
import random
from collections.abc import Collection, Iterator
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Bits of a fingerprint's sketch in which near-copies differ at most: 22 of 104 is where 58 % of all words of two texts
#: are common to both, some 21 % changed. Of strangers 52 differ, give or take 5.
NEAR: Final = 22
#: First byte of the sketch in a fingerprint, and how many there are.
_SKETCH, _BYTES = 3, 13

#: So many texts are compared all with all.
_FEW: Final = 500
#: In so many orders the others are sorted, and compared with so many that follow each. A copy with 15 % of the words
#: changed is met in 97 of 100 cases.
_ORDERS: Final = 64
_NEIGHBOURS: Final = 8

_Numbers: TypeAlias = NDArray[np.int64]

#: Which sixteen bits decide each order. Everybody has to come to the same, and of Python's dice `random()` alone is
#: promised to fall alike in all versions.
_dice = random.Random(1)
_BITS: Final = [sorted(range(8 * _BYTES), key=lambda _: _dice.random())[:16] for _ in range(_ORDERS)]


async def group(texts: Collection[bytes]) -> dict[bytes, bytes]:
    """Fingerprint -> the first (by bytes) of those that it hangs together with; given in any order, however often.

    Yields to the loop every few milliseconds (100,000 texts: every 20 or so).
    """
    ordered = sorted(set(texts))
    if not ordered:
        return {}
    octets = np.zeros((len(ordered), 16), np.uint8)
    octets[:, :_BYTES] = np.frombuffer(b"".join([text[_SKETCH:] for text in ordered]), np.uint8).reshape(-1, _BYTES)
    left, right = octets.view(np.uint64).T
    roots = np.arange(len(ordered))
    for order, most in _passes(octets):
        sorted_left, sorted_right = left[order], right[order]
        for lag in range(1, most + 1):
            apart = np.bitwise_count(sorted_left[:-lag] ^ sorted_left[lag:])
            apart += np.bitwise_count(sorted_right[:-lag] ^ sorted_right[lag:])
            near = np.flatnonzero(apart <= NEAR)
            if near.size:
                roots = _link(roots, order[near], order[near + lag])
        await asyncio.sleep(0)
    return {text: ordered[i] for text, i in zip(ordered, roots.tolist(), strict=True)}


def _passes(octets: NDArray[np.uint8]) -> Iterator[tuple[_Numbers, int]]:
    """Orders, and how many of those that follow each text in it are compared with it."""
    if len(octets) <= _FEW:
        yield np.arange(len(octets)), len(octets) - 1
        return
    bits = np.unpackbits(octets, axis=1)
    for chosen in _BITS:
        keys = np.ascontiguousarray(np.packbits(bits[:, chosen], axis=1)).view(np.uint16)[:, 0]
        yield np.argsort(keys, kind="stable"), _NEIGHBOURS


def _link(roots: _Numbers, some: _Numbers, others: _Numbers) -> _Numbers:
    """The roots once each of `some` is linked with its like in `others`; every root is its own."""
    some, others = roots[some], roots[others]
    new = some != others
    if not new.any():
        return roots
    roots = roots.copy()
    for a, b in zip(some[new].tolist(), others[new].tolist(), strict=True):
        while roots[a] != a:
            a = int(roots[a])
        while roots[b] != b:
            b = int(roots[b])
        roots[max(a, b)] = min(a, b)
    while not np.array_equal(flat := roots[roots], roots):
        roots = flat
    return roots
