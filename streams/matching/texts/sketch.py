"""Thirteen bytes that differ in few bits where two texts differ in few words: one bit each of 104 minwise hashes.

Of texts whose sets of words have the Jaccard similarity J, each bit agrees with probability (1 + J) / 2: b-bit minwise
hashing with b = 1 (Li and König, WWW 2010). With 15 % of the words changed 14 bits are expected to differ, 18 in a
SimHash as long, and 52 of strangers in both. Words are taken as a set: their order doesn't matter. How well it does
`python -m tests.conformance.planted` measures. Knows words, not what is done with sketches.
"""

import struct
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from rensa import RMinHash

SKETCH_BYTES: Final = 13

#: Fewest different words of which a text can have near-copies: of four words, one other is no small change.
_FEWEST: Final = 5
#: Words from the beginning that are looked at: enough to know an article by, and the cost of a long one is bounded.
_WORDS: Final = 500
_SEED: Final = 1

#: The lowest byte of each hash comes first, and the lowest bit of that is the digit.
_HASHES: Final = struct.Struct(f"<{8 * SKETCH_BYTES}I")
_DIGITS: Final = b"01" * 128


def sketch(words: Sequence[str]) -> bytes:
    """The sketch of a text's words; that of a text of few words is near to no other."""
    kept = words[:_WORDS]
    if len(set(kept)) < _FEWEST:
        return blake2b(" ".join(kept).encode(), digest_size=SKETCH_BYTES, person=b"sketch").digest()
    hashes = RMinHash(num_perm=8 * SKETCH_BYTES, seed=_SEED)
    hashes.update(kept)
    lowest = _HASHES.pack(*hashes.digest())[:: _HASHES.size // (8 * SKETCH_BYTES)]
    return int(lowest.translate(_DIGITS), 2).to_bytes(SKETCH_BYTES, "big")
