"""How often a rule is looked at and how often it is true, before any record has been seen.

Both are rough: words are taken to be met as often as usual, and independently of each other. Good enough to name the
term that makes a rule dear and to warn of a rule that is true of nearly everything.
"""

from dataclasses import dataclass
from math import exp, expm1, log1p, prod
from typing import Final

from streams.matching.engine.anchors import Key, anchor_of, share_of
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
    children,
)
from streams.matching.operators import OPERATORS
from streams.matching.texts.shares import OF_A_PREFIX, OF_QUOTES, share

#: Of records in which the words of a phrase all stand, those in which they stand side by side or near each other.
_SIDE_BY_SIDE: Final = 0.1
_NEARBY: Final = 0.3
#: All forms of a word are met about so often as this many words.
_FORMS: Final = 3


@dataclass(frozen=True, slots=True)
class Cost:
    """`looked_at`: the share of records on which the rule is evaluated; `dearest`: the key that most of them have."""

    looked_at: float
    dearest: str


def cost(book: Rulebook) -> Cost:
    """What an event's match rule costs."""
    shares = {key: share_of(key) for key in sorted(anchor_of(book), key=repr)}
    return Cost(min(1.0, sum(shares.values())), _shown(max(shares, key=lambda key: shares[key])))


class Estimate:
    """The shares of records of which the rules of one event are true, 0 to 1; a part's is worked out once."""

    def __init__(self, book: Rulebook) -> None:
        self._book = book
        self._of_rules: dict[str, float] = {}

    def rule(self, name: str) -> float:
        """A rough share of records of which a whole rule is true."""
        if name not in self._of_rules:
            self._of_rules[name] = self._share(self._book.nodes[name])
        return self._of_rules[name]

    def _share(self, node: Node) -> float:
        match node:
            case Term(tokens, prefix):
                every = prod(map(share, node.plain.tokens)) * (OF_A_PREFIX if prefix else 1)
                return min(1.0, every if len(tokens) == 1 else max(every, min(map(share, tokens)) * _SIDE_BY_SIDE))
            case Lemma():
                forms = [self._share(form) for form in self._book.forms(node)]
                return min(_any(forms), _FORMS * max(forms))
            case Field(name, key):
                return OPERATORS[name].share(key)
            case Reference(kind="list"):
                return min(1.0, sum(self._share(entry) for entry in self._book.lists[node.name]))
            case Reference():
                return self.rule(name_of(node))
            case Not(child):
                return 1 - self._share(child)
            case And(parts):
                return prod(map(self._share, parts))
            case Or(parts):
                return _any(list(map(self._share, parts)))
            case Near() | Sentence() | Proximity():
                return _NEARBY * min(map(self._share, children(node)))
            case Score(threshold, arguments, weights):
                return _reaching(threshold, list(map(self._share, arguments)), weights)
            case Quoted(child):
                return OF_QUOTES * self._share(child)


def _any(shares: list[float]) -> float:
    return 1 - prod(1 - each for each in shares)


def _reaching(threshold: int, shares: list[float], weights: tuple[int, ...]) -> float:
    """A bound on the chance that the weights of independent events of these shares reach the threshold: Chernoff's."""
    pairs = list(zip(shares, weights, strict=True))
    steps = (step / max(weights) for step in range(13))
    bounds = (sum(log1p(each * expm1(by * weight)) for each, weight in pairs) - by * threshold for by in steps)
    return exp(min(bounds))  # with a step of 0 the bound is 1


def _shown(key: Key) -> str:
    if key.kind == "token":
        found = key.value
    elif key.kind == "literal":
        words = key.value.strip()
        found = f'"{words}"' if key.value.endswith(" ") else f"{words}*"
    else:
        found = normal(Field(key.kind, key.value))
    return f"quoted:{found}" if key.quoted else found
