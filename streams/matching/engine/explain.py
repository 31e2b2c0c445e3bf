"""Why a rule is true of a document: the terms that made it so, and where they stand.

Follows the tree as the tests do: of a conjunction every child speaks, of a disjunction those that are true, of a
negation none; of a nearness only the places within its stretches, of a sentence those within it.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Final, TypeAlias

from schemas import Span
from streams.matching.engine.compiler import Compiler, Test, accounts, once
from streams.matching.engine.document import Document
from streams.matching.engine.near import Place
from streams.matching.language.normal import normal
from streams.matching.language.rulebook import Rulebook, name_of
from streams.matching.language.syntax import (
    And,
    Field,
    Lemma,
    Near,
    Node,
    Not,
    Or,
    Proximity,
    Quoted,
    Reference,
    Score,
    Sentence,
    Term,
)
from streams.matching.operators import OPERATORS

#: First and last token position, and the term as the rule writes it; what an operator saw is a span already.
Witness: TypeAlias = tuple[int, int, str] | Span
Witnesses: TypeAlias = Callable[[Document], list[Witness]]

#: A match names at most this many places, and as many for one term as help to find it.
MOST_SPANS: Final = 100
MOST_OF_A_TERM: Final = 10
#: Stretches of a nearness in which its words are looked for: ten times what can be named. In a book of a million
#: characters there may be tens of thousands, and where arguments contend for tokens each takes a millisecond.
_MOST_STRETCHES: Final = 1_000


class Explainer:
    """The witnesses of one event's rules. Ask only for rules that are true of the document."""

    def __init__(self, book: Rulebook, compiler: Compiler) -> None:
        self._book = book
        self._compiler = compiler
        self._rules: dict[str, Witnesses] = {}

    def rule(self, name: str) -> Witnesses:
        """The witnesses of a whole rule."""
        if name not in self._rules:
            self._rules[name] = once(self._witnesses(self._book.nodes[name]))
        return self._rules[name]

    def _witnesses(self, node: Node) -> Witnesses:
        match node:
            case Term(written=written) if not node.is_plain:
                return self._at(node, written)
            case Term() | Lemma():
                return self._of_any([node])
            case Proximity():
                return self._at(node, normal(node))
            case And(children):
                every = [self._witnesses(child) for child in children if not isinstance(child, Not)]
                return lambda document: [witness for each in every for witness in each(document)]
            case Or(children) | Score(_, children):
                return self._of_any([child for child in children if not isinstance(child, Not)])
            case Near(arguments=arguments):
                stretches = self._compiler.stretches(node, _MOST_STRETCHES)
                return self._within(arguments, lambda document: lambda place: _is_inside(place, stretches(document)))
            case Sentence(arguments):
                return self._in_sentences(arguments)
            case Reference("part" | "claim"):
                return self.rule(name_of(node))
            case Reference():
                return _listed(node.name, self._book.lists[node.name])
            case Field():
                return _seen(node, normal(node))
            case Quoted(child):
                return _quoted(self._witnesses(child))
            case Not():
                return lambda document: []

    def _at(self, node: Node, written: str) -> Witnesses:
        places = self._compiler.places(node)
        return lambda document: [(*place, written) for place in places(document)]

    def _of_any(self, alternatives: Iterable[Node]) -> Witnesses:
        terms, others = self._compiler.split(alternatives)
        named: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
        for term in terms:
            named[term.literal].append((len(term.tokens) - 1, term.written))
        standing = self._compiler.lexicon.standing
        of_others = _of_true([(self._compiler.test(other), self._witnesses(other)) for other in others])

        def witnesses(document: Document) -> list[Witness]:
            where = standing(document)
            found: list[Witness] = [
                (at, at + last, written)
                for literal in named.keys() & where.keys()
                for last, written in named[literal]
                for at in where[literal]
            ]
            return found + of_others(document)

        return witnesses

    def _in_sentences(self, arguments: tuple[Node, ...]) -> Witnesses:
        sentences = self._compiler.sentences(arguments)

        def inside(document: Document) -> Callable[[Place], bool]:
            found = sentences(document)
            return lambda place: document.sentence(place) in found

        return self._within(arguments, inside)

    def _within(self, arguments: Iterable[Node], inside: Callable[[Document], Callable[[Place], bool]]) -> Witnesses:
        every = [self._witnesses(argument) for argument in arguments]

        def witnesses(document: Document) -> list[Witness]:
            is_inside = inside(document)
            found = (witness for each in every for witness in each(document))
            return [witness for witness in found if not isinstance(witness, Span) and is_inside(witness[:2])]

        return witnesses


def _of_true(alternatives: list[tuple[Test, Witnesses]]) -> Witnesses:
    return lambda document: [witness for test, each in alternatives if test(document) for witness in each(document)]


def _is_inside(place: Place, stretches: list[Place]) -> bool:
    # No stretch holds another: the last that begins in time reaches furthest.
    number = bisect_right(stretches, place[0], key=itemgetter(0))
    return number > 0 and place[1] <= stretches[number - 1][1]


def _listed(name: str, entries: Sequence[Field]) -> Witnesses:
    found = accounts(entries)
    seen = {entry: _seen(entry, f"list:{name}") for entry in entries}
    return lambda document: [witness for entry in found(document) for witness in seen[entry](document)]


def _seen(field: Field, written: str) -> Witnesses:
    evidence, key = OPERATORS[field.name].evidence, field.key
    return lambda document: [Span(path, start, end, written) for path, start, end in evidence(key, document.record)]


def _quoted(inner: Witnesses) -> Witnesses:
    def witnesses(document: Document) -> list[Witness]:
        quoted = document.quoted
        if quoted is None:
            return []
        found = locate(inner(quoted), quoted)
        return [Span(f"quoted.{span.field}", span.start, span.end, span.term) for span in found]

    return witnesses


def locate(witnesses: Iterable[Witness], document: Document) -> tuple[Span, ...]:
    """Witnesses as spans of the original texts, in reading order, then what operators saw, each once."""
    seen: dict[Span, None] = {}
    placed: set[tuple[int, int, str]] = set()
    for witness in witnesses:
        if isinstance(witness, Span):
            seen[witness] = None
        else:
            placed.add(witness)
    of_terms: dict[str, int] = {}
    found: list[Span] = []
    for first, last, term in sorted(placed):
        of_terms[term] = of_terms.get(term, 0) + 1
        if of_terms[term] <= MOST_OF_A_TERM and len(found) < MOST_SPANS:
            number, start, end = document.extent(first)
            if last > first:
                _, _, end = document.extent(last)
            found.append(Span(document.texts[number][0], start, end, term))
    return (*found, *seen)[:MOST_SPANS]
