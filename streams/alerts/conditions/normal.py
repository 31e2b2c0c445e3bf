"""A condition written out in its normal form, which parses to the same tree."""

from decimal import Decimal

from streams.alerts.conditions.syntax import And, Arithmetic, Comparison, Node, Not, Number, Or, Quantity

#: How closely each binds.
_BINDS = {Or: 0, And: 1, Not: 2, Comparison: 3}


def normal(node: Node) -> str:
    """The normal form, on one line."""
    match node:
        case Number(value):
            return f"{Decimal(repr(value)):f}".removesuffix(".0")
        case Quantity():
            return str(node)
        case Arithmetic(operator, left, right):
            return f"{_side(left, operator, right=False)} {operator} {_side(right, operator, right=True)}"
        case Comparison(operator, left, right):
            return f"{normal(left)} {operator} {normal(right)}"
        case Not(child):
            return f"not {_below(child, Not)}"
        case And(children):
            return " and ".join(_below(child, And) for child in children)
        case Or(children):
            return " or ".join(_below(child, Or) for child in children)


def _side(node: Node, operator: str, *, right: bool) -> str:
    """One side of an arithmetic operator; they associate to the left."""
    if not isinstance(node, Arithmetic):
        return normal(node)
    strong, stronger = operator in "*/", node.operator in "*/"
    return normal(node) if stronger > strong or (stronger == strong and not right) else f"({normal(node)})"


def _below(child: Node, parent: type[Or] | type[And] | type[Not]) -> str:
    bound = _BINDS.get(type(child), 4)  # others stand by themselves
    return f"({normal(child)})" if bound < _BINDS[parent] else normal(child)
