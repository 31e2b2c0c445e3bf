"""Warnings about alerts that are conditions, but can hardly be meant: comparisons that are always or never true.

Knows what each function can come to; nothing of an event's counts.
"""

from math import inf
from typing import Final, TypeAlias

from streams.alerts.conditions.check import CompiledAlert, Described, compile_alerts
from streams.alerts.conditions.normal import normal
from streams.alerts.conditions.syntax import Amount, Arithmetic, Comparison, Number, Quantity, quantities, walk

Span: TypeAlias = tuple[float, float]
"""The least and the most that an amount can come to."""

#: A window that a file need not name.
_USUAL: Final = "5m"


def doubts(event: Described) -> list[str]:
    """A line for each doubtful piece of an event's alerts, naming the alert. Raises `RuleError` as compiling does."""
    return [f"alerts.{alert.rule.name}: {said}" for alert in compile_alerts(event) for said in _said(alert)]


def _said(alert: CompiledAlert) -> list[str]:
    found = []
    if {each.function for each in alert.asks} == {"burst"} and alert.rule.window != _USUAL:
        found.append(f"window: {alert.rule.window} says nothing here: burst has its own hour; leave window: out")
    for each in walk(alert.condition):
        truth = _foregone(each) if isinstance(each, Comparison) else None
        if isinstance(each, Comparison) and truth is not None:
            found.append(f"'{normal(each)}' is {'always' if truth else 'never'} true{_why(each)}")
    return found


def _foregone(comparison: Comparison) -> bool | None:
    """What a comparison comes to whatever the posts are; None where they decide."""
    left, right = _span(comparison.left), _span(comparison.right)
    match comparison.operator:
        case ">":
            return _is_above(left, right)
        case "<":
            return _is_above(right, left)
        case ">=":
            return _opposite(_is_above(right, left))
        case "<=":
            return _opposite(_is_above(left, right))
        case "==" | "!=" as sign:
            apart = left[1] < right[0] or right[1] < left[0]
            return (sign == "!=") if apart else None


def _is_above(left: Span, right: Span) -> bool | None:
    if left[0] > right[1]:
        return True
    return False if left[1] <= right[0] else None


def _opposite(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _span(amount: Amount) -> Span:
    match amount:
        case Number(value):
            return value, value
        case Quantity(function):
            return 0, (1 if function == "share" else inf)
        case Arithmetic("+", left, right):
            (least, most), (least_more, most_more) = _span(left), _span(right)
            return least + least_more, most + most_more
        case Arithmetic("-", left, right):
            (least, most), (least_less, most_less) = _span(left), _span(right)
            return least - most_less, most - least_less
        case Arithmetic(sign, left, Number(value)) if value > 0:
            least, most = _span(left)
            return (least * value, most * value) if sign == "*" else (least / value, most / value)
        case _:
            return -inf, inf


def _why(comparison: Comparison) -> str:
    """The reason, and what to write instead, where one function is compared with a number."""
    asked = quantities(comparison)
    numbers = [side.value for side in (comparison.left, comparison.right) if isinstance(side, Number)]
    if len(asked) != 1 or not numbers:
        return ", whatever is posted; compare with other numbers"
    if asked[0].function == "share":
        number = numbers[0]
        fix = f"write {number / 100:g} for {number:g} %" if 1 < number <= 100 else "compare with a number between"
        return f": {asked[0]} is 0 to 1; {fix}"
    return f": {asked[0]} is 0 or more; compare with another number"
