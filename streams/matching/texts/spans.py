"""Where in the original text each token of its form stands. Slower than `text.tokens`, and only run on what matched."""

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from streams.matching.texts import text
from streams.matching.texts.folding import FLAGS

Extent: TypeAlias = tuple[int, int]

_TOKEN: Final = re.compile(r"\S+")
#: ASCII characters that split wherever they stand; between two of them a text can be folded by itself.
_CHUNK: Final = re.compile(r"[^\x00-/:-@\[-`{-\x7f]+")
#: A character with the marks, variation selectors and skin tones that go with it; two flag letters are one.
_CLUSTER: Final = re.compile(
    "[\U0001f1e6-\U0001f1ff](?:[\u0300-\u036f\u00ad\u200b-\u200f\ufe0e\ufe0f]*[\U0001f1e6-\U0001f1ff])?|[\u1100-\u115f][\u1160-\u11ff]*|.[\u0300-\u036f\u3099\u309a\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]*",
    re.DOTALL,
)
_PIECE: Final = re.compile(" |[^ ]+")


def extents(original: str) -> Iterator[Extent]:
    """First and one past last character of each token, as many as `text.tokens` finds and in that order.

    Where a stretch without ASCII separators cannot be followed character by character, all its tokens get the whole.
    """
    folded = text.in_place(original)
    return map(re.Match.span, _TOKEN.finditer(folded)) if folded is not None else _of_chunks(original)


def _of_chunks(original: str) -> Iterator[Extent]:
    for chunk in _CHUNK.finditer(original):
        offset = chunk.start()
        folded = text.in_place(chunk.group())
        if folded is not None:
            yield from ((token.start() + offset, token.end() + offset) for token in _TOKEN.finditer(folded))
            continue
        count = len(text.tokens(chunk.group()))
        fine = _follow(chunk.group(), offset)
        yield from fine if len(fine) == count else [chunk.span()] * count


def _follow(chunk: str, offset: int) -> list[Extent]:
    found: list[Extent] = []
    open_at = end = -1
    for cluster in _CLUSTER.finditer(chunk):
        start, stop = cluster.start() + offset, cluster.end() + offset
        for piece in _PIECE.findall(FLAGS.sub(r" \g<0> ", text.pieces(cluster.group()))):
            if piece == " ":
                if open_at >= 0:
                    found.append((open_at, end))
                open_at = -1
            else:
                open_at, end = (start if open_at < 0 else open_at), stop
    if open_at >= 0:
        found.append((open_at, end))
    return found
