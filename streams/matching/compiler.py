"""Trees to closures: each node of a rule becomes a small function of a document.

Two kinds: a test says whether the node is true; places say where in the text the words of a nearness argument stand.
Parts and claims are compiled once for their event and shared by all rules that name them. Tests loop where `all` and
`any` would read better: they run for every candidate, and a generator costs more than what it asks.
"""

from collections.abc import Callable
from itertools import chain
from typing import TypeAlias

from streams.matching.document import Document
from streams.matching.near import Place, is_near, stretches
from streams.matching.rulebook import Rulebook, name_of
from streams.matching.syntax import And, Field, Near, Node, Not, Or, Reference, Term

Test: TypeAlias = Callable[[Document], bool]
Places: TypeAlias = Callable[[Document], list[Place]]


class Compiler:
    """The tests and places of one event's rules."""

    def __init__(self, book: Rulebook) -> None:
        self._book = book
        self._tests: dict[str, Test] = {}
        self._places: dict[str, Places] = {}
        self._stretches_of: dict[int, Places] = {}

    def rule(self, name: str) -> Test:
        """The test of a whole rule: `match`, `parts.x`, `claims.x`, `groups.x`."""
        if name not in self._tests:
            self._tests[name] = self.test(self._book.nodes[name])
        return self._tests[name]

    def test(self, node: Node) -> Test:
        """Whether the node is true of a document."""
        match node:
            case Term():
                return _term(node)
            case Field(name, key):
                return lambda document: key in document.values(name)
            case Reference(kind="list"):
                return _listed(self._book.lists[node.name])
            case Reference():
                return self.rule(name_of(node))
            case Not(child):
                inner = self.test(child)
                return lambda document: not inner(document)
            case And(children):
                return self._all(children)
            case Or(children):
                literals = [child.literal for child in children if isinstance(child, Term) and not child.accented]
                others = [self.test(child) for child in children if not isinstance(child, Term) or child.accented]
                return _any([*([_any_literal(literals)] if literals else []), *others])
            case Near():
                return self._near(node)

    def places(self, node: Node) -> Places:
        """Where the node's words stand: of a term its tokens, of a nearness the stretches that hold it."""
        match node:
            case Term():
                literal, last, accented = node.literal, len(node.tokens) - 1, node.accented

                def term(document: Document) -> list[Place]:
                    view = document.accented if accented else document.plain
                    return [(first, first + last) for first in view.occurrences(literal)]

                return term
            case Or(children):
                alternatives = [self.places(child) for child in children]
                return lambda document: list(chain.from_iterable(places(document) for places in alternatives))
            case Near():
                return self._stretches(node)
            case Reference():
                name = name_of(node)
                if name not in self._places:
                    self._places[name] = self.places(self._book.body(node))
                return self._places[name]
            case _:
                raise AssertionError(f"{node} has no place in a text")

    def _stretches(self, node: Near) -> Places:
        # Asked for by the nearness around it and by every explanation: worked out once a document.
        known = self._stretches_of.get(id(node))
        if known is not None:
            return known
        distance, arguments = node.distance, [self.places(argument) for argument in node.arguments]

        def places(document: Document) -> list[Place]:
            found = document.places.get(node_id)
            if found is None:
                found = document.places[node_id] = stretches(distance, [each(document) for each in arguments])
            return found

        node_id = id(node)
        self._stretches_of[node_id] = places
        return places

    def _all(self, children: tuple[Node, ...]) -> Test:
        # Words first: they are the cheapest to look up and the likeliest to be absent.
        literals = [child.literal for child in children if isinstance(child, Term) and not child.accented]
        others = [self.test(child) for child in children if not isinstance(child, Term) or child.accented]
        tests = [*([_all_literals(literals)] if literals else []), *others]
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

    def _near(self, node: Near) -> Test:
        # The words have to be there at all, which is cheaper to see than where they are.
        distance, present = node.distance, self._all(node.arguments)
        arguments = [self.places(argument) for argument in node.arguments]
        return lambda document: present(document) and is_near(distance, [places(document) for places in arguments])


def _term(term: Term) -> Test:
    literal = term.literal
    if term.accented:
        return lambda document: literal in document.accented.form
    return lambda document: literal in document.plain.form


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


def _any(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def test(document: Document) -> bool:
        for each in tests:  # noqa: SIM110
            if each(document):
                return True
        return False

    return test


def _listed(entries: tuple[Field, ...]) -> Test:
    keys: dict[str, set[str]] = {}
    for entry in entries:
        keys.setdefault(entry.name, set()).add(entry.key)
    frozen = [(operator, frozenset(values)) for operator, values in keys.items()]

    def test(document: Document) -> bool:
        return any(not values.isdisjoint(document.values(operator)) for operator, values in frozen)

    return test
