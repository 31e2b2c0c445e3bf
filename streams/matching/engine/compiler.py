"""Trees to closures: each node of a rule becomes a small function of a document.

Two kinds: a test says whether the node is true; places say where in the text the words of a nearness argument stand.
Parts and claims are compiled once for their event and shared by all rules that name them. Tests loop where `all` and
`any` would read better: they run for every candidate, and a generator costs more than what it asks.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import TypeAlias, TypeVar

from streams.matching.engine.document import Document
from streams.matching.engine.lexicon import Lexicon
from streams.matching.engine.near import Place, is_moved, is_near, moved, stretches
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
    words_of,
)
from streams.matching.operators import OPERATORS

Test: TypeAlias = Callable[[Document], bool]
Places: TypeAlias = Callable[[Document], list[Place]]

Answer = TypeVar("Answer")

#: From so many alternative terms on, one pass for all of the event's terms beats looking for each.
_MANY = 8


class Compiler:
    """The tests and places of one event's rules."""

    def __init__(self, book: Rulebook) -> None:
        self._book = book
        self._tests: dict[str, Test] = {}
        self._places: dict[str, Places] = {}
        self._stretches: dict[tuple[int, int | None], Places] = {}

    @cached_property
    def lexicon(self) -> Lexicon:
        """The plain terms of all rules."""
        return Lexicon(self._book)

    def rule(self, name: str) -> Test:
        """The test of a whole rule: `match`, `parts.x`, `claims.x`, `groups.x`."""
        if name not in self._tests:
            self._tests[name] = once(self.test(self._book.nodes[name]))
        return self._tests[name]

    def test(self, node: Node) -> Test:
        """Whether the node is true of a document."""
        match node:
            case Term():
                return _term(node)
            case Lemma():
                return self._any([node])
            case Field(name, key):
                return _field(name, key)
            case Reference(kind="list"):
                return _list(self._book.lists[node.name])
            case Reference():
                return self.rule(name_of(node))
            case Not(child):
                inner = self.test(child)
                return lambda document: not inner(document)
            case And(children):
                return self._all(children)
            case Or(children):
                return self._any(children)
            case Near():
                return self._near(node)
            case Proximity(phrase):
                present = self._all(words_of(phrase))
                distance, where = node.distance, _where(phrase)
                return lambda document: present(document) and is_moved(distance, phrase.tokens, where(document))
            case Sentence(arguments):
                return self._together(arguments)
            case Score():
                return self._score(node)
            case Quoted(child):
                return _quoted(self.test(child))

    def places(self, node: Node) -> Places:
        """Where the node's words stand: of a term its tokens, of a nearness the stretches that hold it."""
        match node:
            case Term() if not node.is_plain:
                literal, last = node.literal, len(node.tokens) - 1
                return lambda document: [(at, at + last) for at in document.view(node).occurrences(literal)]
            case Term() | Lemma():
                return self._places_of_any([node])
            case Or(children):
                return self._places_of_any(children)
            case Near():
                return self.stretches(node)
            case Proximity(phrase):
                distance, where = node.distance, _where(phrase)
                return lambda document: moved(distance, phrase.tokens, where(document))
            case Reference():
                name = name_of(node)
                if name not in self._places:
                    self._places[name] = once(self.places(self._book.body(node)))
                return self._places[name]
            case _:
                raise AssertionError(f"{node} has no place in a text")

    def stretches(self, node: Near, most: int | None = None) -> Places:
        """The shortest stretches that hold a nearness, in the order of the text: all, or the first `most`."""
        # Asked for by the nearness around it and by every explanation.
        if (id(node), most) not in self._stretches:
            arguments = [self.places(argument) for argument in node.arguments]

            def places(document: Document) -> list[Place]:
                every = [each(document) for each in arguments]
                return stretches(node.distance, every, ordered=node.ordered, most=most)

            self._stretches[id(node), most] = once(places)
        return self._stretches[id(node), most]

    def sentences(self, arguments: Iterable[Node]) -> Callable[[Document], set[int]]:
        """The sentences that hold a place of every argument."""
        every = [self.places(argument) for argument in arguments]

        def numbers(document: Document) -> set[int]:
            found: set[int] | None = None
            for places in every:
                here = {number for place in places(document) if (number := document.sentence(place)) is not None}
                found = here if found is None else found & here
                if not found:
                    break
            return found or set()

        return numbers

    def _places_of_any(self, alternatives: Iterable[Node]) -> Places:
        terms, others = self.split(alternatives)
        lasts = {term.literal: len(term.tokens) - 1 for term in terms}
        literals, standing, places = lasts.keys(), self.lexicon.standing, [self.places(other) for other in others]

        def found(document: Document) -> list[Place]:
            where = standing(document)
            here = [(at, at + lasts[literal]) for literal in literals & where.keys() for at in where[literal]]
            return list(chain(here, *(each(document) for each in places)))

        return found

    def split(self, alternatives: Iterable[Node]) -> tuple[list[Term], list[Node]]:
        """The plain terms among them, with the forms of lemmas, and the others."""
        every = [
            form for each in alternatives for form in (self._book.forms(each) if isinstance(each, Lemma) else (each,))
        ]
        terms = [each for each in every if isinstance(each, Term) and each.is_plain]
        return terms, [each for each in every if not (isinstance(each, Term) and each.is_plain)]

    def _all(self, children: Iterable[Node]) -> Test:
        # Words first: they are the cheapest to look up and the likeliest to be absent.
        plain = [child for child in children if isinstance(child, Term) and child.is_plain]
        others = [self.test(child) for child in children if not (isinstance(child, Term) and child.is_plain)]
        tests = [*([_all_literals([term.literal for term in plain])] if plain else []), *others]
        if len(tests) == 1:
            return tests[0]
        if len(tests) == 2:
            first, second = tests
            return lambda document: first(document) and second(document)

        def test(document: Document) -> bool:
            for each in tests:  # noqa: SIM110
                if not each(document):
                    return False
            return True

        return test

    def _any(self, children: Iterable[Node]) -> Test:
        terms, others = self.split(children)
        literals = frozenset([term.literal for term in terms])
        tests = [self.test(other) for other in others]
        if len(literals) >= _MANY:
            standing = self.lexicon.standing
            tests.insert(0, lambda document: not literals.isdisjoint(standing(document)))
        elif literals:
            tests.insert(0, _any_literal(list(literals)))
        return _either(tests)

    def _near(self, node: Near) -> Test:
        # The words have to be there at all, which is cheaper to see than where they are.
        distance, ordered, present = node.distance, node.ordered, self._all(node.arguments)
        arguments = [self.places(argument) for argument in node.arguments]
        return lambda document: (
            present(document) and is_near(distance, [places(document) for places in arguments], ordered=ordered)
        )

    def _together(self, arguments: tuple[Node, ...]) -> Test:
        present, sentences = self._all(arguments), self.sentences(arguments)
        return lambda document: present(document) and bool(sentences(document))

    def _score(self, node: Score) -> Test:
        threshold = node.threshold
        pairs = [(self.test(argument), weight) for argument, weight in zip(node.arguments, node.weights, strict=True)]

        def test(document: Document) -> bool:
            reached = 0
            for each, weight in pairs:
                if each(document):
                    reached += weight
                    if reached >= threshold:
                        return True
            return False

        return test


def once(ask: Callable[[Document], Answer]) -> Callable[[Document], Answer]:
    """The same function, worked out once a document."""

    def answer(document: Document) -> Answer:
        if ask not in document.answers:
            document.answers[ask] = ask(document)
        known: Answer = document.answers[ask]
        return known

    return answer


def _where(phrase: Term) -> Callable[[Document], dict[str, list[int]]]:
    """The positions of each word of a phrase."""
    literals = [(word.tokens[0], word.literal) for word in words_of(phrase)]

    def positions(document: Document) -> dict[str, list[int]]:
        view = document.view(phrase)
        return {word: view.occurrences(literal) for word, literal in literals}

    return positions


def _term(term: Term) -> Test:
    literal = term.literal
    if term.is_plain:
        return lambda document: literal in document.plain.form
    return lambda document: literal in document.view(term).form


def _field(name: str, key: str) -> Test:
    holds = OPERATORS[name].holds(key)
    return lambda document: holds(document.looked(name))


def accounts(entries: Sequence[Field]) -> Callable[[Document], list[Field]]:
    """Those entries of an account list that are true of a document."""
    # What the operators of such lists see of a record are the keys that are true of it.
    numbers: dict[str, dict[str, int]] = {}
    for number, entry in enumerate(entries):
        numbers.setdefault(entry.name, {})[entry.key] = number

    def found(document: Document) -> list[Field]:
        true = [of[key] for name, of in numbers.items() for key in of.keys() & document.looked(name)]
        return [entries[number] for number in sorted(true)]

    return found


def _list(entries: Sequence[Field]) -> Test:
    found = accounts(entries)
    return lambda document: bool(found(document))


def _quoted(test: Test) -> Test:
    def quoted(document: Document) -> bool:
        inner = document.quoted
        return inner is not None and test(inner)

    return quoted


def _all_literals(literals: list[str]) -> Test:
    if len(literals) == 1:
        (only,) = literals
        return lambda document: only in document.plain.form
    if len(literals) == 2:
        first, second = literals

        def both(document: Document) -> bool:
            form = document.plain.form
            return first in form and second in form

        return both

    def test(document: Document) -> bool:
        form = document.plain.form
        for literal in literals:  # noqa: SIM110
            if literal not in form:
                return False
        return True

    return test


def _any_literal(literals: list[str]) -> Test:
    def test(document: Document) -> bool:
        form = document.plain.form
        for literal in literals:  # noqa: SIM110
            if literal in form:
                return True
        return False

    return test


def _either(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def test(document: Document) -> bool:
        for each in tests:  # noqa: SIM110
            if each(document):
                return True
        return False

    return test
