"""What has to be in a record for a rule to be true: the few keys by which the rule is found.

Every rule that is not true of an empty record has a set of keys one of which must be there; of several such sets the
one least often met is taken. A key is a token, a literal of the text form, or an operator's value.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from streams.matching.operators import OPERATORS
from streams.matching.rulebook import Rulebook
from streams.matching.syntax import And, Field, Near, Node, Not, Or, Reference, Term, walk


@dataclass(frozen=True, slots=True)
class Key:
    """`kind` is `token`, `literal` (found by the automaton), or the name of an operator."""

    kind: Literal["token", "literal"] | str
    value: str


Anchor: TypeAlias = frozenset[Key]

#: Literals are met this much more often than a whole word of the same length, being prefixes.
_PREFIX_FACTOR = 4
_LONG_ENOUGH = 4


class Anchors:
    """Chooses anchors. `usage` counts in how many rules each token stands: what many rules name, many posts hold."""

    def __init__(self, usage: Counter[str]) -> None:
        self._usage = usage

    def of(self, book: Rulebook) -> Anchor:
        """The keys of an event's match rule."""
        found = self._required(book, book.nodes["match"], wanted=True)
        assert found is not None, "a rule that is true of an empty record is refused before"
        return found

    def companion(self, book: Rulebook, anchor: Anchor) -> str | None:
        """The rarest further token without which the rule cannot be true; None when there is none."""
        needed = _needed(book, book.nodes["match"]) - {key.value for key in anchor}
        return min(sorted(needed), key=self._share_of_word, default=None)

    def _required(self, book: Rulebook, node: Node, *, wanted: bool) -> Anchor | None:
        # `wanted` is False below an odd number of negations, where And and Or change roles and nothing has to be there.
        match node:
            case Not(child):
                return self._required(book, child, wanted=not wanted)
            case And(children) | Or(children) | Near(_, children):
                found = [self._required(book, child, wanted=wanted) for child in children]
                return self._one(found) if isinstance(node, Or) != wanted else self._either(found)
            case Reference("part" | "claim"):
                return self._required(book, book.body(node), wanted=wanted)
            case _ if not wanted:
                return None
            case Reference():
                return frozenset(Key(entry.name, entry.key) for entry in book.lists[node.name])
            case Field(name, key):
                return frozenset((Key(name, key),))
            case Term():
                return frozenset((self._key(node),))

    def _one(self, sets: list[Anchor | None]) -> Anchor | None:
        return min((each for each in sets if each is not None), key=self._cost, default=None)

    def _either(self, sets: list[Anchor | None]) -> Anchor | None:
        known = [each for each in sets if each is not None]
        return frozenset().union(*known) if len(known) == len(sets) else None

    def _cost(self, anchor: Iterable[Key]) -> float:
        return sum(map(self._share, anchor))

    def _share(self, key: Key) -> float:
        """A rough share of records that hold the key."""
        if key.kind == "token":
            return self._share_of_word(key.value)
        if key.kind == "literal":
            words = key.value.split()
            return _PREFIX_FACTOR * min(map(self._share_of_word, words)) / len(words)
        return OPERATORS[key.kind].share

    def _share_of_word(self, word: str) -> float:
        return 0.001 * (1 + self._usage[word]) / len(word) ** 2

    def _key(self, term: Term) -> Key:
        plain = term.plain
        whole = plain.tokens[:-1] if plain.prefix else plain.tokens
        rarest = min(whole, key=self._share_of_word, default="")
        if len(rarest) < _LONG_ENOUGH and (plain.prefix or len(whole) > 1):
            return Key("literal", plain.literal)
        return Key("token", rarest)


def _needed(book: Rulebook, node: Node) -> frozenset[str]:
    match node:
        case Term():
            plain = node.plain
            return frozenset(plain.tokens[:-1] if plain.prefix else plain.tokens)
        case And(children) | Near(_, children):
            return frozenset().union(*(_needed(book, child) for child in children))
        case Reference("part" | "claim"):
            return _needed(book, book.body(node))
        case _:
            return frozenset()


def usage(book: Rulebook) -> set[str]:
    """The tokens that an event's match rule and its parts and claims name."""
    return {
        token
        for root in book.nodes.values()
        for node in walk(root)
        if isinstance(node, Term)
        for token in node.plain.tokens
    }
