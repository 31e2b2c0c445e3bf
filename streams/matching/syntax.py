"""What a rule is once parsed: a tree of frozen nodes. Knows neither how it was written nor how it is evaluated.

Two nodes are equal when they mean the same; `at`, the offset in the rule's text, only serves errors and explanations.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from streams.matching import text


@dataclass(frozen=True, slots=True)
class Term:
    """A word, phrase or prefix. `tokens` keep their Latin accents when `accented`: only accented text then matches."""

    tokens: tuple[str, ...]
    prefix: bool = False
    accented: bool = False
    written: str = field(default="", compare=False)
    at: int = field(default=0, compare=False)

    @property
    def literal(self) -> str:
        """What a text form holds where the term stands."""
        return f" {' '.join(self.tokens)}{'' if self.prefix else ' '}"

    @property
    def plain(self) -> "Term":
        """The same term without accents: it stands wherever the accented one does, and perhaps elsewhere."""
        if not self.accented:
            return self
        return Term(tuple(token for each in self.tokens for token in text.tokens(each)), self.prefix)


@dataclass(frozen=True, slots=True)
class Field:
    """An operator on the record: true where `key` is among the values that the operator reads from it."""

    name: str
    key: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """A part or claim of the same event, or an account list."""

    kind: Literal["part", "claim", "list"]
    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    child: "Node"


@dataclass(frozen=True, slots=True)
class And:
    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    children: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Near:
    """All arguments in one field, in any order, sharing no token, with at most `distance` other tokens between them.

    As an argument of another nearness it stands for its shortest stretches.
    """

    distance: int
    arguments: tuple["Node", ...]
    at: int = field(default=0, compare=False)


Node: TypeAlias = Term | Field | Reference | Not | And | Or | Near


def conjunction(children: list[Node]) -> Node:
    """All of them: nested conjunctions laid flat, repeated children once."""
    flat = [each for child in children for each in (child.children if isinstance(child, And) else (child,))]
    unique = tuple(dict.fromkeys(flat))
    return unique[0] if len(unique) == 1 else And(unique)


def disjunction(children: list[Node]) -> Node:
    """Any of them: nested disjunctions laid flat, repeated children once."""
    flat = [each for child in children for each in (child.children if isinstance(child, Or) else (child,))]
    unique = tuple(dict.fromkeys(flat))
    return unique[0] if len(unique) == 1 else Or(unique)


def negation(child: Node) -> Node:
    """Not that: two negations cancel."""
    return child.child if isinstance(child, Not) else Not(child)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it; what a reference stands for is not below it."""
    yield node
    match node:
        case Not(child):
            yield from walk(child)
        case And(children) | Or(children) | Near(_, children):
            for child in children:
                yield from walk(child)
        case _:
            pass
