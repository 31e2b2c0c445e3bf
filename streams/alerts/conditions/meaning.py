"""What a condition comes to, given what its functions came to: true, false, or unknown.

Unknown goes through as in Kleene's logic: `false and unknown` is false, `true and unknown` is unknown. What is divided
by nothing is 0.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from streams.alerts.conditions.syntax import (
    Amount,
    And,
    Arithmetic,
    Comparison,
    Condition,
    Node,
    Not,
    Number,
    Or,
    Quantity,
    children,
)

Values: TypeAlias = Mapping[Quantity, float | None]
"""What each function came to; 1 and 0 for true and false, None for unknown."""

MARGIN: Final = 0.1
"""The share of a comparison's larger side by which it is given or taken where a condition leans."""

_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def holds(condition: Condition, values: Values, lean: int = 0) -> bool | None:
    """Whether it is true; None: unknown.

    With `lean` 1 it is true of what lies up to a tenth short of its thresholds, too: whoever waits for it to have ended
    waits until it has clearly ended. (With -1, of what lies a tenth beyond them alone: what `not` turns around.)
    """
    match condition:
        case Comparison(sign, left, right):
            return _compared(sign, _amount(left, values), _amount(right, values), lean)
        case Not(child):
            found = holds(child, values, -lean)
            return None if found is None else not found
        case And(below):
            return _all([holds(child, values, lean) for child in below])
        case Or(below):
            none = _all([_opposite(holds(child, values, lean)) for child in below])
            return _opposite(none)
        case Quantity():
            value = values[condition]
            return None if value is None else value != 0


def needs_posts(condition: Condition, values: Values | None = None) -> bool:
    """Whether nothing but a new post can make it true: time that passes only takes posts out of its windows.

    So of `count >= 50`; not so of `count < 50`, of a share, of a rate. With `values`: whether that is so as things
    stand; of `rate > 3 and count >= 50` as long as there are fewer than 50.
    """
    match condition:
        case And(below):
            if values is not None and any(needs_posts(each, values) and holds(each, values) is False for each in below):
                return True
            return all(needs_posts(each, values) for each in below)
        case Or(below):
            return all(needs_posts(each, values) for each in below)
        case Comparison(sign, left, right):
            more, less = (left, right) if sign in (">", ">=") else (right, left)
            return sign in ("<", "<=", ">", ">=") and _only_grows(more) and _is_fixed(less)
        case Quantity(function):
            return function == "first_seen"
        case _:
            return False


def _amount(node: Amount, values: Values) -> float | None:
    match node:
        case Number(value):
            return value
        case Quantity():
            return values[node]
        case Arithmetic(sign, left, right):
            a, b = _amount(left, values), _amount(right, values)
            if a is None or b is None:
                return None
            match sign:
                case "+":
                    return a + b
                case "-":
                    return a - b
                case "*":
                    return a * b
                case "/":
                    return a / b if b else 0.0


def _compared(sign: str, left: float | None, right: float | None, lean: int) -> bool | None:
    if left is None or right is None:
        return None
    given = lean * MARGIN * max(abs(left), abs(right))
    if sign in (">", ">="):
        left += given
    elif sign in ("<", "<="):
        right += given
    return _COMPARE[sign](left, right)


def _all(found: list[bool | None]) -> bool | None:
    if False in found:
        return False
    return None if None in found else True


def _opposite(found: bool | None) -> bool | None:
    return None if found is None else not found


def _only_grows(node: Amount) -> bool:
    """Whether nothing but posts makes this amount larger."""
    match node:
        case Quantity(function):
            return function in ("count", "distinct", "burst")
        case Arithmetic("+", left, right):
            return _only_grows(left) and _only_grows(right)
        case Arithmetic("-", left, right):
            return _only_grows(left) and _is_fixed(right)
        case Arithmetic(_, left, right):  # a number as written is never negative
            return _only_grows(left) and isinstance(right, Number)
        case Number():
            return True


def _is_fixed(node: Node) -> bool:
    return not isinstance(node, Quantity) and all(map(_is_fixed, children(node)))
