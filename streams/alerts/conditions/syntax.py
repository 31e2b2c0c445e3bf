"""The trees that conditions are parsed to: immutable, comparable, without where they stood."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

#: Functions whose value is a number, and those that are true or false.
NUMBERS = ("count", "rate", "share", "distinct", "burst")
FACTS = ("first_seen", "silence")


@dataclass(frozen=True, slots=True)
class Dimension:
    """A share of an event's posts: those of one claim, group, platform, kind or language, or of a claim in a group."""

    kind: Literal["claim", "group", "platform", "kind", "lang"]
    name: str
    group: str = ""
    at: int = field(default=0, compare=False)
    group_at: int = field(default=0, compare=False)

    @property
    def field(self) -> str:
        """The name under which the ledger counts it."""
        return f"claim_group:{self.name}/{self.group}" if self.group else f"{self.kind}:{self.name}"

    def __str__(self) -> str:
        return f"{self.kind}:{self.name} by group:{self.group}" if self.group else f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A function of an event at an instant. `of` is a dimension, what `distinct` counts, or nothing."""

    function: Literal["count", "rate", "share", "distinct", "burst", "first_seen", "silence"]
    of: Dimension | Literal["authors", "texts"] | None = None

    def __str__(self) -> str:
        return self.function if self.of is None else f"{self.function}({self.of})"


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Arithmetic:
    operator: Literal["+", "-", "*", "/"]
    left: "Amount"
    right: "Amount"


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: Literal["<", "<=", ">", ">=", "==", "!="]
    left: "Amount"
    right: "Amount"


@dataclass(frozen=True, slots=True)
class Not:
    child: "Condition"


@dataclass(frozen=True, slots=True)
class And:
    children: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    children: tuple["Condition", ...]


Amount: TypeAlias = Number | Quantity | Arithmetic
"""What is a number: of quantities those in `NUMBERS`."""

Condition: TypeAlias = Comparison | Not | And | Or | Quantity
"""What is true or false: of quantities those in `FACTS`."""

Node: TypeAlias = Amount | Condition


def is_condition(node: Node) -> bool:
    """Whether it is true or false, not a number."""
    return isinstance(node, Comparison | Not | And | Or) or (isinstance(node, Quantity) and node.function in FACTS)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes right below."""
    match node:
        case Arithmetic(_, left, right) | Comparison(_, left, right):
            return left, right
        case Not(child):
            return (child,)
        case And(below) | Or(below):
            return below
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def quantities(node: Node) -> tuple[Quantity, ...]:
    """The functions that it asks for, each once, in order."""
    return tuple(dict.fromkeys(each for each in walk(node) if isinstance(each, Quantity)))
