"""How often a rule is looked at and how often it is true, before any record has been seen.

Both are rough: words are taken to be met as often as usual, and independently of each other. Good enough to name the
term that makes a rule dear and to warn of a rule that is true of nearly everything.
"""

from dataclasses import dataclass
from math import exp, expm1, log1p, prod
from typing import Final

from streams.matching.engine.anchors import Anchors, Key
from streams.matching.language.normal import normal
from streams.matching.language.rulebook import Rulebook
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
    children,
)
from streams.matching.operators import OPERATORS
from streams.matching.texts.shares import share

#: Of records in which the words of a phrase all stand, those in which they stand side by side or near each other.
_SIDE_BY_SIDE: Final = 0.1
_NEARBY: Final = 0.3
#: Words that begin like a prefix, in multiples of one of its length; records that quote another.
_OF_A_PREFIX: Final = 4
_QUOTING: Final = 0.15


@dataclass(frozen=True, slots=True)
class Cost:
    """`looked_at`: the share of records on which the rule is evaluated; `dearest`: the key that most of them have."""

    looked_at: float
    dearest: str


def cost(book: Rulebook) -> Cost:
    """What an event's match rule costs."""
    keys = Anchors().of(book)
    shares = {key: _share_of_key(key) for key in sorted(keys, key=repr)}
    return Cost(min(1.0, sum(shares.values())), _shown(max(shares, key=lambda key: shares[key])))


def estimated_share(node: Node, book: Rulebook) -> float:
    """A rough share of records of which the node is true, 0 to 1."""
    match node:
        case Term(tokens, prefix):
            every = prod(map(share, node.plain.tokens)) * (_OF_A_PREFIX if prefix else 1)
            return min(1.0, every if len(tokens) == 1 else max(every, min(map(share, tokens)) * _SIDE_BY_SIDE))
        case Lemma():
            return _any([estimated_share(form, book) for form in book.forms(node)])
        case Field(name, key):
            return OPERATORS[name].share(key)
        case Reference(kind="list"):
            return min(1.0, sum(estimated_share(entry, book) for entry in book.lists[node.name]))
        case Reference():
            return estimated_share(book.body(node), book)
        case Not(child):
            return 1 - estimated_share(child, book)
        case And(parts):
            return prod(estimated_share(part, book) for part in parts)
        case Or(parts):
            return _any([estimated_share(part, book) for part in parts])
        case Near() | Sentence() | Proximity():
            return _NEARBY * min(estimated_share(part, book) for part in children(node))
        case Score(threshold, arguments, weights):
            return _reaching(threshold, [estimated_share(part, book) for part in arguments], weights)
        case Quoted(child):
            return _QUOTING * estimated_share(child, book)


def _any(shares: list[float]) -> float:
    return 1 - prod(1 - each for each in shares)


def _reaching(threshold: int, shares: list[float], weights: tuple[int, ...]) -> float:
    """A bound on the chance that the weights of independent events of these shares reach the threshold: Chernoff's."""
    pairs = list(zip(shares, weights, strict=True))
    steps = (step / max(weights) for step in range(13))
    bounds = (sum(log1p(each * expm1(by * weight)) for each, weight in pairs) - by * threshold for by in steps)
    return exp(min(bounds))  # with a step of 0 the bound is 1


def _share_of_key(key: Key) -> float:
    if key.kind == "token":
        found = share(key.value)
    elif key.kind == "literal":
        found = min(1.0, min(map(share, key.value.split())) * _OF_A_PREFIX)
    else:
        found = OPERATORS[key.kind].share(key.value)
    return found * _QUOTING if key.quoted else found


def _shown(key: Key) -> str:
    if key.kind == "token":
        found = key.value
    elif key.kind == "literal":
        words = key.value.strip()
        found = f'"{words}"' if key.value.endswith(" ") else f"{words}*"
    else:
        found = normal(Field(key.kind, key.value))
    return f"quoted:{found}" if key.quoted else found
