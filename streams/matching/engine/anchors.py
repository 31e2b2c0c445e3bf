"""What has to be in a record for a rule to be true: the few keys by which the rule is found.

Every rule that is not true of an empty record has a set of keys one of which must be there; of several such sets the
one least often met is taken. A key is a token, a literal of the text form, or an operator's value.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

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
from streams.matching.texts.shares import OF_A_PREFIX, OF_QUOTES, share


class Key(Struct, frozen=True, gc=False):
    """`kind` is `token`, `literal` (found by the automaton), or the name of an operator.

    A `quoted` one is looked for in the quoted post.
    """

    kind: Literal["token", "literal"] | str
    value: str
    quoted: bool = False


Anchor: TypeAlias = frozenset[Key]

_LONG_ENOUGH = 4
#: Of a longer literal the beginning is looked for: the automaton grows with every character.
_LONGEST = 40


def anchor_of(book: Rulebook) -> Anchor:
    """The keys of an event's match rule: what is met least often, whatever other rules name."""
    found = _Required(book).of(book.nodes["match"], wanted=True)
    assert found is not None, "a rule that is true of an empty record is refused before"
    return found


def companion_of(book: Rulebook, anchor: Anchor) -> str | None:
    """The rarest further token without which the rule cannot be true; None when there is none."""
    needed = _Needed(book).of(book.nodes["match"]) - {key.value for key in anchor}
    return min(sorted(needed), key=share, default=None)


def share_of(key: Key) -> float:
    """A rough share of records that hold the key."""
    if key.kind == "token":
        found = share(key.value)
    elif key.kind == "literal":
        found = min(1.0, OF_A_PREFIX * min(map(share, key.value.split())))
    else:
        found = OPERATORS[key.kind].share(key.value)
    return found * OF_QUOTES if key.quoted else found


class _Required:
    """What has to be there for a rule of the book to be true, or false; a part's is worked out once."""

    def __init__(self, book: Rulebook) -> None:
        self._book = book
        self._of_rules: dict[tuple[str, bool], Anchor | None] = {}

    def of(self, node: Node, *, wanted: bool) -> Anchor | None:
        # `wanted` is False below an odd number of negations, where and and or change roles and nothing has to be there.
        match node:
            case Not(child):
                return self.of(child, wanted=not wanted)
            case And(children):
                found = [self.of(child, wanted=wanted) for child in children]
                return self._one(found) if wanted else self._either(found)
            case Or(children):
                found = [self.of(child, wanted=wanted) for child in children]
                return self._either(found) if wanted else self._one(found)
            case Score(threshold, arguments, weights):
                found = [self.of(argument, wanted=wanted) for argument in arguments]
                return self._enough(found, weights, threshold - 1 if wanted else sum(weights) - threshold)
            case Reference("part" | "claim"):
                return self._of_rule(name_of(node), wanted)
            case _ if not wanted:
                return None
            case Near(_, arguments) | Sentence(arguments):
                return self._one([self.of(argument, wanted=True) for argument in arguments])
            case Proximity(phrase):
                return self._one([self.of(word, wanted=True) for word in words_of(phrase)])
            case Quoted(child):
                inner = self.of(child, wanted=True)
                return inner and frozenset(replace(key, quoted=True) for key in inner)
            case Lemma():
                return frozenset(_key(form) for form in self._book.forms(node))
            case Term():
                return frozenset((_key(node),))
            case Reference():
                return self._either([_of_field(entry) for entry in self._book.lists[node.name]])
            case Field():
                return _of_field(node)

    def _of_rule(self, name: str, wanted: bool) -> Anchor | None:
        if (name, wanted) not in self._of_rules:
            self._of_rules[name, wanted] = self.of(self._book.nodes[name], wanted=wanted)
        return self._of_rules[name, wanted]

    def _one(self, sets: Sequence[Anchor | None]) -> Anchor | None:
        return min((each for each in sets if each is not None), key=_cost, default=None)

    def _either(self, sets: Sequence[Anchor | None]) -> Anchor | None:
        known = [each for each in sets if each is not None]
        return frozenset().union(*known) if len(known) == len(sets) else None

    def _enough(self, sets: Sequence[Anchor | None], weights: Sequence[int], spare: int) -> Anchor | None:
        """Sets without which at most `spare` of the weight is left, so that one of them has to be there."""
        known = [(each, weight) for each, weight in zip(sets, weights, strict=True) if each is not None]
        known.sort(key=lambda pair: _cost(pair[0]) / pair[1])
        taken: list[Anchor] = []
        left = sum(weights)
        for each, weight in known:
            if left <= spare:
                break
            taken.append(each)
            left -= weight
        return frozenset().union(*taken) if left <= spare else None


def _cost(anchor: Iterable[Key]) -> float:
    return sum(map(share_of, anchor))


def _key(term: Term) -> Key:
    plain = term.plain
    whole = plain.tokens[:-1] if plain.prefix else plain.tokens
    rarest = min(whole, key=share, default="")
    if len(rarest) < _LONG_ENOUGH and (plain.prefix or len(whole) > 1):
        return Key("literal", plain.literal[:_LONGEST])
    return Key("token", rarest)


def _of_field(field: Field) -> Anchor | None:
    value = OPERATORS[field.name].anchor(field.key)
    return None if value is None else frozenset((Key(field.name, value),))


class _Needed:
    """The tokens that all have to be there for a rule of the book to be true."""

    def __init__(self, book: Rulebook) -> None:
        self._book = book
        self._of_rules: dict[str, frozenset[str]] = {}

    def of(self, node: Node) -> frozenset[str]:
        match node:
            case Term():
                plain = node.plain
                return frozenset(plain.tokens[:-1] if plain.prefix else plain.tokens)
            case And(children) | Near(_, children) | Sentence(children):
                return frozenset().union(*map(self.of, children))
            case Proximity(phrase):
                return self.of(phrase)
            case Reference("part" | "claim"):
                name = name_of(node)
                if name not in self._of_rules:
                    self._of_rules[name] = self.of(self._book.nodes[name])
                return self._of_rules[name]
            case _:
                return frozenset()
