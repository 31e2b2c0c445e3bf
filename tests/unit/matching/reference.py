"""The slow, obviously right evaluator: no automaton, no anchors, no closures, no positions worked out in advance.

Reads a rule's tree and a record's texts token by token and tries every combination of places. Tests hold the compiled
matcher equal to it.
"""

from itertools import product

from schemas import Article, Post
from streams.matching import fields
from streams.matching.operators import OPERATORS
from streams.matching.rulebook import Rulebook, name_of
from streams.matching.syntax import And, Field, Near, Node, Not, Or, Reference, Term
from streams.matching.text import slow_tokens

Place = tuple[int, int, int]  # field, first token, last token
Record = Post | Article


def matches(book: Rulebook, rule: str, record: Record) -> bool:
    """Whether a rule of the event is true of the record."""
    return holds(book, book.nodes[rule], record)


def holds(book: Rulebook, node: Node, record: Record) -> bool:
    match node:
        case Term() | Near():
            return bool(places(book, node, record))
        case Field(name, key):
            return key in OPERATORS[name].read(record)
        case Reference("list", name):
            return any(holds(book, entry, record) for entry in book.lists[name])
        case Reference():
            return holds(book, book.nodes[name_of(node)], record)
        case Not(child):
            return not holds(book, child, record)
        case And(children):
            return all(holds(book, child, record) for child in children)
        case Or(children):
            return any(holds(book, child, record) for child in children)


def places(book: Rulebook, node: Node, record: Record) -> set[Place]:
    match node:
        case Term():
            return {
                place for number, (_, text) in enumerate(fields.texts(record)) for place in term(node, number, text)
            }
        case Or(children):
            return {place for child in children for place in places(book, child, record)}
        case Reference():
            return places(book, book.nodes[name_of(node)], record)
        case Near(distance, arguments):
            choices = product(*(places(book, argument, record) for argument in arguments))
            stretches = {stretch for choice in choices if (stretch := together(distance, choice))}
            return {each for each in stretches if not any(inside(other, each) for other in stretches - {each})}
    raise AssertionError(node)


def term(node: Term, number: int, text: str) -> set[Place]:
    found = slow_tokens(text, accents=node.accented)
    wanted = list(node.tokens)
    size = len(wanted)
    standing = set()
    for first in range(len(found) - size + 1):
        window = found[first : first + size]
        last = window[-1].startswith(wanted[-1]) if node.prefix else window[-1] == wanted[-1]
        if window[:-1] == wanted[:-1] and last:
            standing.add((number, first, first + size - 1))
    return standing


def together(distance: int, choice: tuple[Place, ...]) -> Place | None:
    """The stretch that holds the chosen places, if they lie in one field, apart, and close enough."""
    if len({number for number, _, _ in choice}) > 1:
        return None
    covered = [token for _, first, last in choice for token in range(first, last + 1)]
    if len(covered) != len(set(covered)):
        return None
    start, end = min(covered), max(covered)
    if end - start + 1 - len(covered) > distance:
        return None
    return (choice[0][0], start, end)


def inside(inner: Place, outer: Place) -> bool:
    return inner[0] == outer[0] and outer[1] <= inner[1] and inner[2] <= outer[2]
