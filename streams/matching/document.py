"""A record as rules see it: its text form, where its tokens stand, and the values of its fields, each when asked for.

A document lives for the evaluation of one record. Token positions count up through the fields, with a jump between
two fields that is wider than any nearness.
"""

from collections.abc import Iterable
from itertools import chain
from typing import Final

from streams.matching import fields, limits, text
from streams.matching.near import Place
from streams.matching.operators import OPERATORS, Record

_JUMP: Final = limits.DISTANCE + 1


class View:
    """One reading of the texts of a record: its form, and which token begins at which character of it."""

    __slots__ = ("_positions", "form")

    def __init__(self, tokens: list[str]) -> None:
        self.form: Final = text.form(tokens)
        self._positions: dict[int, int] | None = None

    def occurrences(self, literal: str) -> list[int]:
        """The positions of the first token of each place where the literal stands."""
        form = self.form
        at = form.find(literal)
        if at < 0:
            return []
        positions = self._positions
        if positions is None:
            positions = self._positions = self._locate()
        found = []
        while at >= 0:
            found.append(positions[at])
            at = form.find(literal, at + 1)
        return found

    def _locate(self) -> dict[int, int]:
        positions = {}
        at = position = 0
        for token in self.form[1:-1].split(" "):
            if token == text.BREAK:
                position += _JUMP
            else:
                positions[at] = position
                position += 1
            at += len(token) + 1
        return positions


class Document:
    """A record under evaluation."""

    __slots__ = ("_accented", "_texts", "_values", "places", "plain", "record")

    def __init__(self, record: Record, texts: fields.Texts, tokens: list[str]) -> None:
        self.record: Final = record
        self.plain: Final = View(tokens)
        #: Where nearnesses hold, by whatever names them: a memory for the functions that work it out.
        self.places: Final[dict[int, list[Place]]] = {}
        self._texts: Final = texts
        self._accented: View | None = None
        self._values: dict[str, frozenset[str]] = {}

    @property
    def accented(self) -> View:
        """The texts with Latin accents kept; the same tokens at the same positions."""
        if self._accented is None:
            self._accented = View(read(self._texts, accents=True))
        return self._accented

    def values(self, operator: str) -> frozenset[str]:
        """What an operator reads from the record."""
        found = self._values.get(operator)
        if found is None:
            found = self._values[operator] = frozenset(OPERATORS[operator].read(self.record))
        return found


def read(texts: fields.Texts, *, accents: bool = False) -> list[str]:
    """The tokens of all texts, a `BREAK` between two."""
    if len(texts) == 1:
        return text.tokens(texts[0][1], accents=accents)
    found: Iterable[list[str]] = ([text.BREAK, *text.tokens(each, accents=accents)] for _, each in texts)
    return list(chain.from_iterable(found))[1:]


def starts(texts: fields.Texts) -> list[int]:
    """The position of the first token of each text, as `View.occurrences` counts them."""
    found = []
    position = 0
    for _, each in texts:
        found.append(position)
        position += len(text.tokens(each)) + _JUMP
    return found
