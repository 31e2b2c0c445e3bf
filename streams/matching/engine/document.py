"""A record as rules see it: its text form, where its tokens stand, and what operators see, each when asked for.

A document lives for the evaluation of one record. Token positions count up through the fields, with a jump between
two fields that is wider than any nearness.
"""

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from itertools import chain
from typing import Any, Final

from streams.matching import limits
from streams.matching.engine.near import Place
from streams.matching.language.syntax import Term
from streams.matching.operators import OPERATORS, Record
from streams.matching.texts import fields, sentences, text

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

    __slots__ = ("__dict__", "_looked", "_texts", "_tokens", "_views", "places", "plain", "record")

    def __init__(self, record: Record, texts: fields.Texts, tokens: list[str]) -> None:
        self.record: Final = record
        self.plain: Final = View(tokens)
        #: Where nearnesses hold, by whatever names them: a memory for the functions that work it out.
        self.places: Final[dict[int, list[Place]]] = {}
        self._texts: Final = texts
        self._tokens: Final = tokens
        self._views: dict[tuple[bool, bool], View] = {}
        self._looked: dict[str, Any] = {}

    @cached_property
    def words(self) -> frozenset[str]:
        """The tokens of the plain reading."""
        return frozenset(self._tokens)

    def view(self, term: Term) -> View:
        """The reading that decides a term; all readings have the same tokens at the same positions."""
        if term.is_plain:
            return self.plain
        kept = term.accented, term.cased
        if kept not in self._views:
            self._views[kept] = View(read(self._texts, accents=term.accented, case=term.cased))
        return self._views[kept]

    def sentence(self, place: Place) -> int | None:
        """The number of the sentence that holds the whole place; sentences of two fields differ."""
        first = bisect_right(self._sentence_starts, place[0])
        return first if bisect_right(self._sentence_starts, place[1]) == first else None

    @cached_property
    def _sentence_starts(self) -> list[int]:
        found = []
        for start, (_, original) in zip(starts(self._texts), self._texts, strict=True):
            position = start
            for sentence in sentences.split(original):
                found.append(position)
                position += len(text.tokens(sentence))
        return found

    def looked(self, operator: str) -> Any:
        """What an operator sees of the record."""
        if operator not in self._looked:
            self._looked[operator] = OPERATORS[operator].look(self.record)
        return self._looked[operator]

    @cached_property
    def quoted(self) -> "Document | None":
        """The post that this one quotes."""
        post = fields.quoted(self.record)
        return None if post is None else document(post)


def document(record: Record) -> Document:
    """The record, ready for evaluation."""
    texts = fields.texts(record)
    return Document(record, texts, read(texts))


def read(texts: fields.Texts, *, accents: bool = False, case: bool = False) -> list[str]:
    """The tokens of all texts, a `BREAK` between two."""
    if len(texts) == 1:
        return text.tokens(texts[0][1], accents=accents, case=case)
    found: Iterable[list[str]] = ([text.BREAK, *text.tokens(each, accents=accents, case=case)] for _, each in texts)
    return list(chain.from_iterable(found))[1:]


def starts(texts: fields.Texts) -> list[int]:
    """The position of the first token of each text, as `View.occurrences` counts them."""
    found = []
    position = 0
    for _, each in texts:
        found.append(position)
        position += len(text.tokens(each)) + _JUMP
    return found
