"""Conditions as text to trees, by recursive descent: arithmetic binds before comparison, before not, and, or.

Raises `RuleError` for whatever is not a condition; its depth is bounded, so no text can exhaust the stack.
"""

from collections.abc import Callable
from typing import Final, cast

from streams.alerts.conditions.functions import FUNCTIONS, FunctionParser
from streams.alerts.conditions.lexer import Lexeme
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
    is_condition,
    quantities,
)
from streams.matching import RuleError

#: Of a number, its point among them.
DIGITS: Final = 15

_COMPARISONS: Final = ("<", "<=", ">", ">=", "==", "!=")


def parse(condition: str) -> Condition:
    """The tree of a condition. Raises `RuleError`."""
    return _Parser(condition).condition()


class _Parser(FunctionParser):
    def condition(self) -> Condition:
        if self.next.kind == "end":
            raise self.error(0, "the condition is empty, expected one such as count >= 50")
        node = self._true_or_false(self._or(), 0)
        found = self.next
        if found.kind == ")":
            raise self.error(
                found.at, "found ')' without a '(' before it, expected an operator; remove it or add the '('"
            )
        if found.kind != "end":
            raise self._unfinished(found)
        if not quantities(node):
            raise self.error(0, f"found a condition without a function, expected one of {', '.join(FUNCTIONS)}")
        return node

    def _unfinished(self, found: Lexeme) -> RuleError:
        before = self.previous
        if found.kind == "," and before and before.kind == "number":
            return self.error(found.at, f"found ',' after a number, expected an operator; {self._without_commas()}")
        if found.kind == "name" and found.text.lower() in ("and", "or"):
            return self.error(
                found.at, f"found '{found.text}', expected an operator in small letters; write {found.text.lower()}"
            )
        return self.error(found.at, f"found {found}, expected and, or, a comparison or the end of the condition")

    def _without_commas(self) -> str:
        """How a number is written that has commas between its thousands, or one instead of its point."""
        groups = [self.lexemes[self.position - 1].text]
        for comma, number in zip(self.lexemes[self.position :: 2], self.lexemes[self.position + 1 :: 2], strict=False):
            if comma.kind != "," or number.kind != "number":
                break
            groups.append(number.text)
        first, *more = groups
        if more and first.lstrip("0") and len(first) <= 3 and all(len(each) == 3 for each in more):
            return f"write {''.join(groups)}, not {','.join(groups)}"
        if len(more) == 1 and f"{first}{more[0]}".isdigit():
            return f"write {first}.{more[0]}, not {first},{more[0]}"
        return "leave it out"

    def _or(self) -> Node:
        return self._joined("or", self._and, Or)

    def _and(self) -> Node:
        return self._joined("and", self._not, And)

    def _joined(self, word: str, below: Callable[[], Node], kind: type[And] | type[Or]) -> Node:
        at = self.next.at
        first = below()
        if not self.is_word(word):
            return first
        children = [self._true_or_false(first, at)]
        while self.is_word(word):
            self.take()
            at = self.next.at
            children.append(self._true_or_false(below(), at))
        flat = [each for child in children for each in (child.children if isinstance(child, kind) else (child,))]
        return kind(tuple(flat))

    def _not(self) -> Node:
        if not self.is_word("not"):
            return self._comparison()
        opening = self.take()
        self.enter(opening)
        at = self.next.at
        child = self._true_or_false(self._not(), at)
        self.leave()
        return child.child if isinstance(child, Not) else Not(child)

    def _comparison(self) -> Node:
        at = self.next.at
        left = self._sum()
        if self.next.kind != "operator" or self.next.text not in _COMPARISONS:
            return left
        operator = self.take()
        right_at = self.next.at
        right = self._sum()
        second = self.next
        if second.kind == "operator" and second.text in _COMPARISONS:
            raise self.error(
                second.at,
                f"found a second comparison, {second}, expected one; write the two with and between them, "
                "1 < count and count < 9",
            )
        return Comparison(operator.text, self._number(left, at), self._number(right, right_at))  # type: ignore[arg-type]

    def _sum(self) -> Node:
        return self._arithmetic(("+", "-"), self._product)

    def _product(self) -> Node:
        return self._arithmetic(("*", "/"), self._signed)

    def _arithmetic(self, operators: tuple[str, str], below: Callable[[], Node]) -> Node:
        at = self.next.at
        left = below()
        while self.next.kind == "operator" and self.next.text in operators:
            operator = self.take()
            right_at = self.next.at
            right = below()
            if operator.text == "/" and right == Number(0):
                raise self.error(right_at, "found a division by 0, expected another number")
            left = Arithmetic(operator.text, self._number(left, at), self._number(right, right_at))  # type: ignore[arg-type]
        return left

    def _signed(self) -> Node:
        if self.next.kind != "operator" or self.next.text != "-":
            return self._primary()
        minus = self.take()
        self.enter(minus)
        at = self.next.at
        child = self._number(self._signed(), at)
        self.leave()
        return Arithmetic("-", Number(0), child)

    def _primary(self) -> Node:
        lexeme = self.take()
        match lexeme.kind:
            case "number":
                if len(lexeme.text) > DIGITS:
                    raise self.error(
                        lexeme.at, f"found a number of {len(lexeme.text)} digits, expected at most {DIGITS}"
                    )
                return Number(float(lexeme.text))
            case "(":
                self.enter(lexeme)
                node = self._or()
                self.close(lexeme)
                self.leave()
                return node
            case "name" if lexeme.text in FUNCTIONS:
                return self.function(lexeme)
        self.position -= 1
        raise self.misnamed(lexeme) or self._missing(lexeme)

    def _missing(self, found: Lexeme) -> RuleError:
        before = self.previous
        if before is None or before.kind == "(":
            return self.error(found.at, f"found {found}, expected a function or a number, such as count >= 50")
        return self.error(found.at, f"found {found} after {before}, expected a function or a number")

    def _true_or_false(self, node: Node, at: int) -> Condition:
        if is_condition(node):
            return cast(Condition, node)
        raise self.error(at, "found a number, expected what is true or false; compare it, as in count >= 50")

    def _number(self, node: Node, at: int) -> Amount:
        if not is_condition(node):
            return cast(Amount, node)
        said = node.function if isinstance(node, Quantity) else "a comparison"
        raise self.error(
            at, f"found {said}, which is true or false, expected a number; it stands by itself, or after not"
        )
