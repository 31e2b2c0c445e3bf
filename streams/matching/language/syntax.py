"""What a rule is once parsed: a tree of frozen nodes. Knows neither how it was written nor how it is evaluated.

Two nodes are equal when they mean the same; `at`, the offset in the rule's text, only serves errors and explanations.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from streams.matching.texts import text

PartOfSpeech: TypeAlias = Literal["noun", "verb", "adj"]


@dataclass(frozen=True, slots=True)
class Term:
    """A word, phrase or prefix.

    `tokens` keep their Latin accents when `accented`, their capitals when `cased`: only a text that has them matches.
    """

    tokens: tuple[str, ...]
    prefix: bool = False
    accented: bool = False
    cased: bool = False
    written: str = field(default="", compare=False)
    at: int = field(default=0, compare=False)

    @property
    def literal(self) -> str:
        """What a text form holds where the term stands."""
        return f" {' '.join(self.tokens)}{'' if self.prefix else ' '}"

    @property
    def is_plain(self) -> bool:
        """Whether the plain text form decides it."""
        return not (self.accented or self.cased)

    @property
    def plain(self) -> "Term":
        """The same term without accents and capitals: it stands wherever this one does, and perhaps elsewhere."""
        if self.is_plain:
            return self
        return Term(tuple(token for each in self.tokens for token in text.tokens(each)), self.prefix)


@dataclass(frozen=True, slots=True)
class Lemma:
    """A word in all its inflected forms, or in those of one part of speech. The event's record holds the forms."""

    word: str
    part: PartOfSpeech | None = None
    at: int = field(default=0, compare=False)

    @property
    def key(self) -> str:
        """The name under which a record holds the forms: `surrender`, `surrender/verb`."""
        return f"{self.word}/{self.part}" if self.part else self.word


@dataclass(frozen=True, slots=True)
class Field:
    """An operator on the record: true where the operator finds `key` there."""

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
    """All arguments in one field, sharing no token, with at most `distance` other tokens between them.

    In any order, or in the one written when `ordered`. As an argument of another nearness it stands for its shortest
    stretches.
    """

    distance: int
    arguments: tuple["Node", ...]
    ordered: bool = False
    at: int = field(default=0, compare=False)

    @property
    def name(self) -> str:
        """The function that a rule writes."""
        return "before" if self.ordered else "near"


@dataclass(frozen=True, slots=True)
class Proximity:
    """The words of a phrase, moved by at most `distance` in all from where the phrase has them (X's `"a b"~N`)."""

    phrase: Term
    distance: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """All arguments in one sentence, in any order."""

    arguments: tuple["Node", ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Score:
    """The weights of those arguments that are true add up to the threshold. `atleast` gives each a weight of 1."""

    threshold: int
    arguments: tuple["Node", ...]
    weights: tuple[int, ...]

    @property
    def name(self) -> str:
        """The function that a rule writes."""
        return "atleast" if set(self.weights) == {1} else "score"


@dataclass(frozen=True, slots=True)
class Quoted:
    """True where the child is true of the quoted post."""

    child: "Node"
    at: int = field(default=0, compare=False)


Node: TypeAlias = Term | Lemma | Field | Reference | Not | And | Or | Near | Proximity | Sentence | Score | Quoted


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


def words_of(phrase: Term) -> list[Term]:
    """The words of a phrase, each once, a term each."""
    return [Term((word,), False, phrase.accented, phrase.cased) for word in dict.fromkeys(phrase.tokens)]


def children(node: Node) -> tuple[Node, ...]:
    """The nodes right below; what a reference stands for is not below it."""
    match node:
        case And(below) | Or(below) | Near(_, below) | Sentence(below) | Score(_, below):
            return below
        case Not(child) | Quoted(child):
            return (child,)
        case Proximity(phrase):
            return (phrase,)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)
