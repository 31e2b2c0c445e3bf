"""Why a rule is true of a document: the terms that made it so, and where they stand.

Follows the tree as the tests do: of a conjunction every child speaks, of a disjunction those that are true, of a
negation none; of a nearness only the places within its stretches.
"""

from bisect import bisect_right
from collections.abc import Callable
from itertools import islice
from typing import Final, TypeAlias

from schemas import Span
from streams.matching import document, fields, spans
from streams.matching.compiler import Compiler, Test
from streams.matching.document import Document
from streams.matching.near import Place
from streams.matching.rulebook import Rulebook, name_of
from streams.matching.syntax import And, Near, Node, Not, Or, Reference, Term

#: First and last token position, and the term as the rule writes it.
Witness: TypeAlias = tuple[int, int, str]
Witnesses: TypeAlias = Callable[[Document], list[Witness]]

#: A match names at most this many places, and as many for one term as help to find it.
MOST_SPANS: Final = 100
MOST_OF_A_TERM: Final = 10


class Explainer:
    """The witnesses of one event's rules. Ask only for rules that are true of the document."""

    def __init__(self, book: Rulebook, compiler: Compiler) -> None:
        self._book = book
        self._compiler = compiler
        self._rules: dict[str, Witnesses] = {}

    def rule(self, name: str) -> Witnesses:
        """The witnesses of a whole rule."""
        if name not in self._rules:
            self._rules[name] = self._witnesses(self._book.nodes[name])
        return self._rules[name]

    def _witnesses(self, node: Node) -> Witnesses:
        match node:
            case Term(written=written):
                places = self._compiler.places(node)
                return lambda document: [(*place, written) for place in places(document)[:MOST_OF_A_TERM]]
            case And(children):
                every = [self._witnesses(child) for child in children if not isinstance(child, Not)]
                return lambda document: [witness for each in every for witness in each(document)]
            case Or(children):
                return self._of_true([(self._compiler.test(child), self._witnesses(child)) for child in children])
            case Near():
                return self._within(node)
            case Reference("part" | "claim"):
                return self.rule(name_of(node))
            case _:
                return lambda document: []

    def _of_true(self, alternatives: list[tuple[Test, Witnesses]]) -> Witnesses:
        return lambda document: [witness for test, each in alternatives if test(document) for witness in each(document)]

    def _within(self, node: Near) -> Witnesses:
        stretches = self._compiler.places(node)
        arguments = [self._witnesses(argument) for argument in node.arguments]

        def witnesses(document: Document) -> list[Witness]:
            found = stretches(document)
            return [witness for each in arguments for witness in each(document) if _is_inside(witness[:2], found)]

        return witnesses


def _is_inside(place: Place, stretches: list[Place]) -> bool:
    return any(start <= place[0] and place[1] <= end for start, end in stretches)


def locate(witnesses: set[Witness], texts: fields.Texts) -> tuple[Span, ...]:
    """Witnesses as spans of the original texts, in reading order."""
    starts = document.starts(texts)
    # By field, what is named there: a long text is only followed as far as its last word that is named.
    named: dict[int, list[Witness]] = {}
    for witness in sorted(witnesses)[:MOST_SPANS]:
        named.setdefault(bisect_right(starts, witness[0]) - 1, []).append(witness)
    found = []
    for number, here in named.items():
        name, original = texts[number]
        first_token = starts[number]
        furthest = max(last for _, last, _ in here) - first_token
        tokens = list(islice(spans.extents(original), furthest + 1))
        for first, last, term in here:
            found.append(Span(name, tokens[first - first_token][0], tokens[last - first_token][1], term))
    return tuple(found)
