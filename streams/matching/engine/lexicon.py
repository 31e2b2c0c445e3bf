"""The terms of one event's rules, all looked for in one pass over a text.

A rule of hundreds of terms asks for each of them in several places, to test it and to explain it: one by one that takes
a search of the text each time. Knows literals and a view's form, not what they decide.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from ahocorasick_rs import AhoCorasick

from streams.matching.engine.document import Document
from streams.matching.language.rulebook import Rulebook
from streams.matching.language.syntax import Lemma, Node, Term, walk

#: By literal, the position of the first token of each place where it stands, in the order of the text.
Standing: TypeAlias = Mapping[str, list[int]]


class Lexicon:
    """The plain terms of a book's rules."""

    def __init__(self, book: Rulebook) -> None:
        self._literals = sorted({term.literal for node in book.nodes.values() for term in _plain_terms(node, book)})
        self._automaton = AhoCorasick(self._literals)

    def standing(self, document: Document) -> Standing:
        """Those that stand in a document."""
        found: dict[str, list[int]] | None = document.answers.get(self)
        if found is None:
            found = document.answers[self] = self._find(document)
        return found

    def _find(self, document: Document) -> dict[str, list[int]]:
        positions = document.positions
        found: dict[str, list[int]] = {}
        for number, start, _ in self._automaton.find_matches_as_indexes(document.plain.form, overlapping=True):
            found.setdefault(self._literals[number], []).append(positions[start])
        return found


def _plain_terms(node: Node, book: Rulebook) -> Iterable[Term]:
    for each in walk(node):
        terms = book.forms(each) if isinstance(each, Lemma) else (each,) if isinstance(each, Term) else ()
        yield from (term for term in terms if term.is_plain)
