"""A record as rules see it: its text form, where its tokens stand, and what operators see, each when asked for.

A document lives for the evaluation of one record. Token positions count up through the fields, with a jump between
two fields that is wider than any nearness.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain, islice
from typing import Any, Final

from streams.matching import limits
from streams.matching.language.syntax import Term
from streams.matching.operators import OPERATORS, Record
from streams.matching.texts import fields, sentences, spans, text

_JUMP: Final = limits.DISTANCE + 1


class View:
    """One reading of the texts of a record: its form, in which literals are looked for."""

    __slots__ = ("form",)

    def __init__(self, tokens: list[str]) -> None:
        self.form: Final = text.form(tokens)

    def occurrences(self, literal: str) -> list[int]:
        """The positions of the first token of each place where the literal stands."""
        form = self.form
        at = form.find(literal)
        found = []
        counted, position = 0, -1
        while at >= 0:
            # A token's number is that of the spaces up to it; one that is a break is a jump.
            position += form.count(" ", counted, at + 1) + (_JUMP - 1) * form.count(text.BREAK, counted, at + 1)
            counted = at + 1
            found.append(position)
            at = form.find(literal, counted)
        return found


class Document:
    """A record under evaluation."""

    __slots__ = ("__dict__", "_extents", "_looked", "_tokens", "_views", "answers", "plain", "record", "texts")

    def __init__(self, record: Record, texts: fields.Texts, tokens: list[str]) -> None:
        self.record: Final = record
        self.plain: Final = View(tokens)
        #: What was worked out of the document already, by whatever works it out.
        self.answers: Final[dict[object, Any]] = {}
        self.texts: Final = texts
        self._tokens: Final = tokens
        self._views: dict[tuple[bool, bool], View] = {}
        self._extents: list[tuple[list[spans.Extent], Iterator[spans.Extent]]] | None = None
        self._looked: dict[str, Any] = {}

    @cached_property
    def positions(self) -> dict[int, int]:
        """The position of each token, by the character before it in the plain form."""
        found = {}
        character = position = 0
        for token in self._tokens:
            found[character] = position
            character += len(token) + 1
            position += _JUMP if token == text.BREAK else 1
        return found

    def view(self, term: Term) -> View:
        """The reading that decides a term; all readings have the same tokens at the same positions."""
        if term.is_plain:
            return self.plain
        kept = term.accented, term.cased
        if kept not in self._views:
            self._views[kept] = View(read(self.texts, accents=term.accented, case=term.cased))
        return self._views[kept]

    def sentence(self, place: tuple[int, int]) -> int | None:
        """The number of the sentence that holds the whole place; sentences of two fields differ."""
        first = bisect_right(self._sentence_starts, place[0])
        return first if bisect_right(self._sentence_starts, place[1]) == first else None

    @cached_property
    def starts(self) -> list[int]:
        """The position of the first token of each text."""
        found = [0]
        for number, token in enumerate(self._tokens):
            if token == text.BREAK:
                found.append(number + 1 + len(found) * (_JUMP - 1))
        return found

    def extent(self, position: int) -> tuple[int, int, int]:
        """Which text a token stands in, and its first and one past its last character there."""
        number = bisect_right(self.starts, position) - 1
        if self._extents is None:
            self._extents = [([], spans.extents(original)) for _, original in self.texts]
        known, further = self._extents[number]
        token = position - self.starts[number]
        known += islice(further, max(0, token + 1 - len(known)))  # a long text is followed only as far as needed
        return number, *known[token]

    @cached_property
    def _sentence_starts(self) -> list[int]:
        found = []
        for start, (_, original) in zip(self.starts, self.texts, strict=True):
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
