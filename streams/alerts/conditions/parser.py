"""Conditions as text to trees, by recursive descent: arithmetic binds before comparison, before not, and, or.

Raises `RuleError` for whatever is not a condition; its depth is bounded, so no text can exhaust the stack.
"""

from collections.abc import Callable
from typing import Final, cast

from streams.alerts.conditions.lexer import Lexeme, lex
from streams.alerts.conditions.syntax import (
    FACTS,
    NUMBERS,
    Amount,
    And,
    Arithmetic,
    Comparison,
    Condition,
    Dimension,
    Node,
    Not,
    Number,
    Or,
    Quantity,
    is_condition,
    quantities,
)
from streams.matching import RuleError
from streams.matching.language.errors import error, shown
from streams.matching.operators import nearest
from streams.matching.operators.values import kind, language, slug

#: Parentheses, `not` and minus signs within each other.
DEPTH: Final = 30
#: Of a number, its point among them.
DIGITS: Final = 15

_FUNCTIONS: Final = (*NUMBERS, *FACTS)
_COMPARISONS: Final = ("<", "<=", ">", ">=", "==", "!=")
_KINDS: Final = ("claim", "group", "platform", "kind", "lang")
_PEOPLE: Final = ("authors", "texts")
_CONNECTIVES: Final = ("and", "or", "not", "by")
_EXAMPLES: Final = {
    "count": "count(claim:NAME)",
    "rate": "rate(claim:NAME)",
    "share": "share(claim:NAME)",
    "distinct": "distinct(authors) or distinct(texts)",
    "first_seen": "first_seen(claim:NAME)",
}
_OTHER_NAMES: Final = {
    "language": "lang",
    "lang_detected": "lang",
    "claims": "claim",
    "groups": "group",
    "author": "distinct(authors)",
    "authors": "distinct(authors)",
    "posts": "count",
}


def parse(condition: str) -> Condition:
    """The tree of a condition. Raises `RuleError`."""
    return _Parser(condition).condition()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lexemes = lex(text)
        self._position = 0
        self._depth = 0

    @property
    def _next(self) -> Lexeme:
        return self._lexemes[self._position]

    def _take(self) -> Lexeme:
        lexeme = self._next
        self._position += 1
        return lexeme

    def _error(self, at: int, message: str) -> RuleError:
        return error(self._text, at, message)

    def condition(self) -> Condition:
        if self._next.kind == "end":
            raise self._error(0, "the condition is empty, expected one such as count >= 50")
        node = self._true_or_false(self._or(), 0)
        found = self._next
        if found.kind == ")":
            raise self._error(
                found.at, "found ')' without a '(' before it, expected an operator; remove it or add the '('"
            )
        if found.kind != "end":
            raise self._unfinished(found)
        if not quantities(node):
            raise self._error(0, f"found a condition without a function, expected one of {', '.join(_FUNCTIONS)}")
        return node

    def _unfinished(self, found: Lexeme) -> RuleError:
        if found.kind == "," and self._lexemes[self._position - 1].kind == "number":
            return self._error(found.at, "found ',' after a number, expected an operator; write 1000, not 1,000")
        if found.kind == "name" and found.text.lower() in ("and", "or"):
            return self._error(
                found.at, f"found '{found.text}', expected an operator in small letters; write {found.text.lower()}"
            )
        return self._error(found.at, f"found {found}, expected and, or, a comparison or the end of the condition")

    def _is_word(self, word: str) -> bool:
        return self._next.kind == "name" and self._next.text == word

    def _or(self) -> Node:
        return self._joined("or", self._and, Or)

    def _and(self) -> Node:
        return self._joined("and", self._not, And)

    def _joined(self, word: str, below: Callable[[], Node], kind: type[And] | type[Or]) -> Node:
        at = self._next.at
        first = below()
        if not self._is_word(word):
            return first
        children = [self._true_or_false(first, at)]
        while self._is_word(word):
            self._take()
            at = self._next.at
            children.append(self._true_or_false(below(), at))
        flat = [each for child in children for each in (child.children if isinstance(child, kind) else (child,))]
        return kind(tuple(flat))

    def _not(self) -> Node:
        if not self._is_word("not"):
            return self._comparison()
        opening = self._take()
        self._enter(opening)
        at = self._next.at
        child = self._true_or_false(self._not(), at)
        self._depth -= 1
        return child.child if isinstance(child, Not) else Not(child)

    def _comparison(self) -> Node:
        at = self._next.at
        left = self._sum()
        if self._next.kind != "operator" or self._next.text not in _COMPARISONS:
            return left
        operator = self._take()
        right_at = self._next.at
        right = self._sum()
        second = self._lexemes[self._position]
        if second.kind == "operator" and second.text in _COMPARISONS:
            raise self._error(
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
        at = self._next.at
        left = below()
        while self._next.kind == "operator" and self._next.text in operators:
            operator = self._take()
            right_at = self._next.at
            right = below()
            if operator.text == "/" and right == Number(0):
                raise self._error(right_at, "found a division by 0, expected another number")
            left = Arithmetic(operator.text, self._number(left, at), self._number(right, right_at))  # type: ignore[arg-type]
        return left

    def _signed(self) -> Node:
        if self._next.kind != "operator" or self._next.text != "-":
            return self._primary()
        minus = self._take()
        self._enter(minus)
        at = self._next.at
        child = self._number(self._signed(), at)
        self._depth -= 1
        return Arithmetic("-", Number(0), child)

    def _primary(self) -> Node:
        lexeme = self._take()
        match lexeme.kind:
            case "number":
                if len(lexeme.text) > DIGITS:
                    raise self._error(
                        lexeme.at, f"found a number of {len(lexeme.text)} digits, expected at most {DIGITS}"
                    )
                return Number(float(lexeme.text))
            case "(":
                self._enter(lexeme)
                node = self._or()
                self._close(lexeme)
                return node
            case "name" if lexeme.text in _FUNCTIONS:
                return self._function(lexeme)
        self._position -= 1
        raise self._missing(lexeme)

    def _missing(self, found: Lexeme) -> RuleError:
        before = self._lexemes[self._position - 1] if self._position else None
        if found.kind == "dimension" and found.text in _KINDS:
            written = f"{found.text}:{found.value}"
            return self._error(
                found.at, f"found {found} by itself, expected a function of it; write count({shown(written)})"
            )
        if found.kind == "name" and found.text not in _CONNECTIVES:
            lower = found.text.lower()
            if lower in (*_FUNCTIONS, *_CONNECTIVES):
                return self._error(found.at, f"found {found}, expected small letters; write {lower}")
            fix = f"; write {_OTHER_NAMES[lower]}" if lower in _OTHER_NAMES else nearest(lower, _FUNCTIONS)
            return self._error(
                found.at, f"found the unknown function {found}, expected one of {', '.join(_FUNCTIONS)}{fix}"
            )
        if before is None or before.kind == "(":
            return self._error(found.at, f"found {found}, expected a function or a number, such as count >= 50")
        return self._error(found.at, f"found {found} after {before}, expected a function or a number")

    def _function(self, name: Lexeme) -> Quantity:
        if self._next.kind != "(":
            if name.text in ("share", "distinct", "first_seen"):
                raise self._error(name.at, f"found '{name.text}' without what it is of; write {_EXAMPLES[name.text]}")
            return Quantity(name.text)  # type: ignore[arg-type]
        opening = self._take()
        if name.text not in _EXAMPLES:
            raise self._error(
                opening.at, f"found '(' after {name.text}, which is of the whole event; leave the parentheses out"
            )
        of = self._people() if name.text == "distinct" else self._dimension(name.text)
        self._depth += 1
        self._close(opening)
        return Quantity(name.text, of)  # type: ignore[arg-type]

    def _people(self) -> str:
        found = self._take()
        if found.kind == "name" and found.text in _PEOPLE:
            return found.text
        fix = nearest(found.text.lower(), _PEOPLE) if found.kind == "name" else ""
        raise self._error(found.at, f"found {found}, expected authors or texts, which distinct() counts{fix}")

    def _dimension(self, function: str) -> Dimension:
        found = self._take()
        if found.kind != "dimension":
            what = "nothing" if found.kind == ")" else str(found)
            fix = f"; write {function}" if found.kind == ")" and function not in ("share", "first_seen") else ""
            kinds = "claim:NAME, group:NAME, platform:NAME, kind:NAME or lang:NAME"
            raise self._error(found.at, f"found {what} in {function}(), expected {kinds}{fix}")
        if found.text not in _KINDS:
            lower = found.text.lower()
            fix = f"; write {_OTHER_NAMES[lower]}" if lower in _OTHER_NAMES else nearest(lower, _KINDS)
            unknown = f"found the unknown dimension '{shown(found.text)}:'"
            raise self._error(found.at, f"{unknown}, expected one of {', '.join(_KINDS)}{fix}")
        name = self._name(found)
        if not self._is_word("by"):
            return Dimension(found.text, name, at=found.at)  # type: ignore[arg-type]
        by = self._take()
        group = self._take()
        if found.text != "claim" or group.kind != "dimension" or group.text != "group":
            raise self._error(
                by.at, f"found {found} by {group}, expected a claim by a group; write claim:NAME by group:NAME"
            )
        return Dimension("claim", name, self._name(group), found.at, group.at)

    def _name(self, lexeme: Lexeme) -> str:
        if not lexeme.value:
            raise self._error(lexeme.at, f"found '{lexeme.text}:' without a name, expected one right after the colon")
        try:
            match lexeme.text:
                case "platform":
                    return slug(lexeme.value)
                case "kind":
                    return kind(lexeme.value)
                case "lang":
                    return language(lexeme.value)
                case _:
                    return lexeme.value
        except ValueError as problem:
            raise self._error(lexeme.at, f"found {lexeme}, {problem}") from None

    def _enter(self, opening: Lexeme) -> None:
        self._depth += 1
        if self._depth > DEPTH:
            raise self._error(
                opening.at, f"found a condition nested deeper than {DEPTH}, expected less; split it into alerts"
            )

    def _close(self, opening: Lexeme) -> None:
        self._depth -= 1
        found = self._next
        if found.kind == "end":
            raise self._error(opening.at, "found '(' that is never closed, expected ')'; add it")
        if found.kind != ")":
            raise self._error(found.at, f"found {found}, expected ')'")
        self._take()

    def _true_or_false(self, node: Node, at: int) -> Condition:
        if is_condition(node):
            return cast(Condition, node)
        raise self._error(at, "found a number, expected what is true or false; compare it, as in count >= 50")

    def _number(self, node: Node, at: int) -> Amount:
        if not is_condition(node):
            return cast(Amount, node)
        said = node.function if isinstance(node, Quantity) else "a comparison"
        raise self._error(
            at, f"found {said}, which is true or false, expected a number; it stands by itself, or after not"
        )
