"""A rule written out in its normal form: one way of writing for each meaning of the tree, which parses to itself."""

from streams.matching.language.lexemes import SIGILS
from streams.matching.language.lookalikes import posing
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

#: Operators whose values are numbers in brackets.
_IN_BRACKETS = frozenset({"point_radius", "bounding_box"})
_CONNECTIVES = frozenset({"and", "or", "not", "OR"})


def normal(node: Node) -> str:
    """The normal form, on one line."""
    match node:
        case Term():
            return _term(node)
        case Lemma():
            return f"lemma:{node.key}"
        case Field(name, key) if name in SIGILS:
            return f"{name}{key.replace(' ', '_')}"
        case Field(name, key) | Reference(name, key):
            return f"{name}:{key if name in _IN_BRACKETS else _value(key)}"
        case Not(child):
            return f"-{_grouped(child)}"
        case And(children):
            return " ".join(map(_grouped, children))
        case Or(children):
            return " OR ".join(map(_grouped, children))
        case Near(distance, arguments):
            return _call(node.name, distance, *map(normal, arguments))
        case Proximity(phrase, distance):
            return f"{'=' if phrase.cased else ''}{_quoted(phrase)}~{distance}"
        case Sentence(arguments):
            return _call("sentence", _never_a_number(arguments[0]), *map(normal, arguments[1:]))
        case Score(threshold, arguments, weights):
            pairs = zip(arguments, weights, strict=True)
            return _call(node.name, threshold, *(_weighted(argument, weight) for argument, weight in pairs))
        case Quoted(child):
            return f"quoted:({normal(child)})"


def _call(function: str, *arguments: object) -> str:
    return f"{function}({', '.join(map(str, arguments))})"


def _never_a_number(argument: Node) -> str:
    """A function's first argument: a bare number there would read as a distance, so it is quoted."""
    written = normal(argument)
    return f'"{written}"' if written.isdigit() else written


def _weighted(argument: Node, weight: int) -> str:
    return normal(argument) if weight == 1 else f"{_grouped(argument)}^{weight}"


def _grouped(node: Node) -> str:
    return f"({normal(node)})" if isinstance(node, And | Or) else normal(node)


def _term(term: Term) -> str:
    sign = "=" if term.cased else ""
    if term.prefix:
        return f"{sign}{'_'.join(term.tokens)}*"
    if len(term.tokens) == 1 and term.tokens[0] not in _CONNECTIVES:
        return f"{sign}{term.tokens[0]}"
    return f"{sign}{_quoted(term)}"


def _quoted(term: Term) -> str:
    return f'"{" ".join(term.tokens)}"'


def _value(value: str) -> str:
    is_plain = not any(character.isspace() or character in '(),"^[' for character in value)
    return value if is_plain and posing(f":{value}") is None else f'"{value}"'
