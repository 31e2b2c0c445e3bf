"""A rule written out in its normal form: one way of writing for each meaning of the tree, which parses to itself."""

from streams.matching.syntax import And, Field, Near, Node, Not, Or, Reference, Term

_CONNECTIVES = frozenset({"and", "or", "not"})


def normal(node: Node) -> str:
    """The normal form, on one line."""
    match node:
        case Term(tokens, prefix):
            return _term(tokens, prefix)
        case Field("#", key):
            return f"#{key.replace(' ', '_')}"
        case Field(name, key):
            return f"{name}:{_value(key)}"
        case Reference(kind, name):
            return f"{kind}:{_value(name)}"
        case Not(child):
            return f"-{_grouped(child)}"
        case And(children):
            return " ".join(map(_grouped, children))
        case Or(children):
            return " OR ".join(map(_grouped, children))
        case Near(distance, arguments):
            return f"near({', '.join([str(distance), *map(normal, arguments)])})"


def _grouped(node: Node) -> str:
    return f"({normal(node)})" if isinstance(node, And | Or) else normal(node)


def _term(tokens: tuple[str, ...], prefix: bool) -> str:
    if prefix:
        return f"{'_'.join(tokens)}*"
    if len(tokens) == 1 and tokens[0] not in _CONNECTIVES:
        return tokens[0]
    return f'"{" ".join(tokens)}"'


def _value(value: str) -> str:
    return f'"{value}"' if any(character.isspace() or character in '(),"' for character in value) else value
