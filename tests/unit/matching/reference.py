"""The slow, obviously right evaluator: no automaton, no anchors, no closures, no positions worked out in advance.

Reads a rule's tree and a record's texts token by token and tries every combination of places. Tests hold the compiled
matcher equal to it.
"""

from itertools import product

from schemas import Article, Post
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
from streams.matching.texts import fields, sentences
from streams.matching.texts.text import slow_tokens

Place = tuple[int, int, int]  # field, first token, last token
Record = Post | Article


def matches(book: Rulebook, rule: str, record: Record) -> bool:
    """Whether a rule of the event is true of the record."""
    return holds(book, book.nodes[rule], record)


def holds(book: Rulebook, node: Node, record: Record) -> bool:
    match node:
        case Term() | Near() | Lemma() | Proximity():
            return bool(places(book, node, record))
        case Sentence(arguments):
            return any(all(argument) for argument in by_sentence(book, arguments, record))
        case Score(threshold, arguments, weights):
            pairs = zip(arguments, weights, strict=True)
            return sum(weight for argument, weight in pairs if holds(book, argument, record)) >= threshold
        case Quoted(child):
            quoted = fields.quoted(record)
            return quoted is not None and holds(book, child, quoted)
        case Field(name, key):
            operator = OPERATORS[name]
            return operator.holds(key)(operator.look(record))
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
        case Lemma():
            return {place for form in book.forms(node) for place in places(book, form, record)}
        case Or(children):
            return {place for child in children for place in places(book, child, record)}
        case Reference():
            return places(book, book.nodes[name_of(node)], record)
        case Near(distance, arguments, ordered):
            choices = product(*(places(book, argument, record) for argument in arguments))
            stretches = {stretch for choice in choices if (stretch := together(distance, choice, ordered))}
            return {each for each in stretches if not any(inside(other, each) for other in stretches - {each})}
        case Proximity(phrase, distance):
            words = [Term((word,), False, phrase.accented, phrase.cased) for word in phrase.tokens]
            choices = product(*(places(book, word, record) for word in words))
            return {stretch for choice in choices if (stretch := moved(distance, choice))}
    raise AssertionError(node)


def term(node: Term, number: int, text: str) -> set[Place]:
    found = slow_tokens(text, accents=node.accented, case=node.cased)
    wanted = list(node.tokens)
    size = len(wanted)
    standing = set()
    for first in range(len(found) - size + 1):
        window = found[first : first + size]
        last = window[-1].startswith(wanted[-1]) if node.prefix else window[-1] == wanted[-1]
        if window[:-1] == wanted[:-1] and last:
            standing.add((number, first, first + size - 1))
    return standing


def together(distance: int, choice: tuple[Place, ...], ordered: bool) -> Place | None:
    """The stretch that holds the chosen places, if they lie in one field, apart, in order and close enough."""
    if len({number for number, _, _ in choice}) > 1:
        return None
    if ordered and list(choice) != sorted(choice):
        return None
    covered = [token for _, first, last in choice for token in range(first, last + 1)]
    if len(covered) != len(set(covered)):
        return None
    start, end = min(covered), max(covered)
    if end - start + 1 - len(covered) > distance:
        return None
    return (choice[0][0], start, end)


def moved(distance: int, choice: tuple[Place, ...]) -> Place | None:
    """The stretch of the chosen words, if none is taken twice and their shifts differ by no more than the distance."""
    if len({number for number, _, _ in choice}) > 1 or len(set(choice)) < len(choice):
        return None
    at = [first for _, first, _ in choice]
    shifts = [first - place for place, first in enumerate(at)]
    return (choice[0][0], min(at), max(at)) if max(shifts) - min(shifts) <= distance else None


def by_sentence(book: Rulebook, arguments: tuple[Node, ...], record: Record) -> list[list[bool]]:
    """For each sentence of each text, which arguments have a place in it."""
    found = []
    for number, (_, text) in enumerate(fields.texts(record)):
        first = 0
        for sentence in sentences.split(text):
            end = first + len(slow_tokens(sentence))
            within = [
                any(
                    field == number and first <= start and last < end
                    for field, start, last in places(book, each, record)
                )
                for each in arguments
            ]
            found.append(within)
            first = end
    return found


def inside(inner: Place, outer: Place) -> bool:
    return inner[0] == outer[0] and outer[1] <= inner[1] and inner[2] <= outer[2]
