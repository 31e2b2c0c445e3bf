"""Rules as text to rules as trees, by recursive descent: `and` binds before OR, `-` before both.

Raises `RuleError` for whatever is not a rule; its depth is bounded, so no text can exhaust the stack.
"""

from typing import Final, NoReturn

from streams.matching import limits, text
from streams.matching.lexer import Lexeme, error, lex, shown
from streams.matching.operators import OPERATORS, nearest
from streams.matching.syntax import (
    And,
    Field,
    Near,
    Node,
    Or,
    Reference,
    Term,
    conjunction,
    disjunction,
    negation,
)

_REFERENCES: Final = ("part", "claim", "list")
_FUNCTIONS: Final = ("near",)
_OPERATOR_NAMES: Final = (*(name for name in OPERATORS if name != "#"), *_REFERENCES)
_STARTS: Final = frozenset({"(", "-", "word", "prefix", "phrase", "field", "function"})
_FIXES: Final = {
    "and": "a space already means and",
    "or": "write OR",
    "not": "write - before the term",
}


def parse(rule: str) -> Node:
    """The tree of a rule. Raises `RuleError`."""
    return _Parser(rule).rule()


def term(written: str, *, prefix: bool = False, at: int = 0) -> Term:
    """The term of a piece of text; without any token when it holds neither letter, digit nor emoji."""
    kept = text.tokens(written, accents=True)
    plain = text.tokens(written)
    return Term(tuple(kept), prefix, kept != plain, f"{written}*" if prefix else written, at)


class _Parser:
    def __init__(self, rule: str) -> None:
        self._rule = rule
        self._lexemes = lex(rule)
        self._position = 0
        self._depth = 0
        self._terms = 0

    @property
    def _next(self) -> Lexeme:
        return self._lexemes[self._position]

    def _take(self) -> Lexeme:
        lexeme = self._next
        self._position += 1
        return lexeme

    def _fail(self, at: int, message: str) -> NoReturn:
        raise error(self._rule, at, message)

    def rule(self) -> Node:
        if self._next.kind == "end":
            self._fail(0, "the rule is empty, expected at least one term")
        node = self._or()
        found = self._next
        if found.kind == ")":
            self._fail(found.at, "found ')' without a '(' before it, expected a term; remove it or add the '('")
        if found.kind == ",":
            self._fail(
                found.at, "found ',' outside a function, expected a space or OR; quote it if it is part of a term"
            )
        return node

    def _or(self) -> Node:
        children = [self._and()]
        while self._next.kind == "OR":
            self._take()
            children.append(self._and())
        return disjunction(children)

    def _and(self) -> Node:
        if self._next.kind not in _STARTS:
            self._fail_missing()
        children = [self._unary()]
        while self._next.kind in _STARTS:
            children.append(self._unary())
        return conjunction(children)

    def _fail_missing(self) -> NoReturn:
        found = self._next
        before = self._lexemes[self._position - 1] if self._position else None
        if found.kind == "OR":
            where = f"found OR right after {before}" if before else "found OR at the start"
            self._fail(found.at, f"{where}, expected a term on both sides of OR; quote it if you mean the word")
        if before and before.kind == "OR":
            self._fail(before.at, f"found {found} after OR, expected a term; add one or remove the OR")
        if before and before.kind == "(" and found.kind == ")":
            self._fail(before.at, "found an empty group, expected a term in the parentheses; remove them")
        if before and before.kind == "(" and found.kind == "end":
            self._fail(before.at, "found '(' that is never closed, expected ')'; add it")
        self._fail(found.at, f"found {found}, expected a term")

    def _unary(self) -> Node:
        if self._next.kind != "-":
            return self._primary()
        minus = self._take()
        if self._next.kind == "-":
            self._fail(minus.at, "found '--', expected one minus sign; remove one")
        if self._next.kind not in _STARTS:
            self._fail(minus.at, f"found {self._next} after '-', expected the term or group to exclude")
        return negation(self._primary())

    def _primary(self) -> Node:
        lexeme = self._take()
        match lexeme.kind:
            case "(":
                return self._group(lexeme)
            case "function":
                return self._function(lexeme)
        self._terms += 1
        if self._terms > limits.TERMS:
            self._fail(lexeme.at, f"found more than {limits.TERMS} terms, expected at most that; move some to parts")
        match lexeme.kind:
            case "field":
                return self._field(lexeme)
            case "word":
                self._refuse_connective(lexeme)
        return self._term(lexeme)

    def _group(self, opening: Lexeme) -> Node:
        self._enter(opening)
        node = self._or()
        self._close(opening)
        return node

    def _enter(self, opening: Lexeme) -> None:
        self._depth += 1
        if self._depth > limits.DEPTH:
            self._fail(opening.at, f"found groups nested deeper than {limits.DEPTH}, expected fewer; use parts")

    def _close(self, opening: Lexeme) -> None:
        self._depth -= 1
        found = self._next
        if found.kind == ",":
            self._fail(
                found.at, "found ',' outside a function, expected a space or OR; quote it if it is part of a term"
            )
        if found.kind != ")":
            self._fail(opening.at, "found '(' that is never closed, expected ')'; add it")
        self._take()

    def _refuse_connective(self, lexeme: Lexeme) -> None:
        word = lexeme.text.lower()
        if word not in _FIXES:
            return
        # Alone between OR, commas and parentheses a lower-case one is a word like any other: (no OR not OR never).
        before = self._lexemes[self._position - 2].kind if self._position > 1 else "end"
        after = self._next.kind
        alternative = (
            after not in _STARTS
            and before in ("OR", ",", "(", "end")
            and ("OR" in (before, after) or "," in (before, after))
        )
        if lexeme.text != word or not alternative:
            self._fail(
                lexeme.at,
                f"found '{lexeme.text}', expected a term; {_FIXES[word]}, "
                f'or quote it as "{lexeme.text}" if you mean the word',
            )

    def _term(self, lexeme: Lexeme) -> Term:
        found = term(lexeme.text, prefix=lexeme.kind == "prefix", at=lexeme.at)
        if not found.tokens:
            self._fail(
                lexeme.at, f"found {lexeme}, expected letters, digits or an emoji: all else only separates words"
            )
        if found.prefix and sum(map(len, found.tokens)) < limits.PREFIX:
            self._fail(
                lexeme.at,
                f"found the prefix {lexeme}, expected at least {limits.PREFIX} letters before *; write the words out",
            )
        return found

    def _field(self, lexeme: Lexeme) -> Node:
        name = lexeme.text.casefold()
        if name not in OPERATORS and name not in _REFERENCES:
            self._fail(
                lexeme.at,
                f"found the unknown operator '{shown(lexeme.text)}:'"
                f"{nearest(name, _OPERATOR_NAMES) or ', expected one of ' + ', '.join(_OPERATOR_NAMES)}; "
                "quote the whole if it is text",
            )
        if not lexeme.value:
            self._fail(
                lexeme.at,
                f"found '{name}:' without a value, expected one right after the colon; "
                "remove the space or quote the value",
            )
        match name:
            case "part" | "claim" | "list":
                return Reference(name, lexeme.value, lexeme.at)
        try:
            return Field(name, OPERATORS[name].key(lexeme.value), lexeme.at)
        except ValueError as problem:
            self._fail(lexeme.at, f"found {lexeme}, {problem}")

    def _function(self, lexeme: Lexeme) -> Node:
        if lexeme.text not in _FUNCTIONS:
            self._fail(
                lexeme.at,
                f"found the unknown function {lexeme}{nearest(lexeme.text, _FUNCTIONS)}; "
                "put a space before '(' if it is a word and a group",
            )
        self._enter(lexeme)
        distance = self._distance(lexeme)
        arguments: list[Node] = []
        while self._next.kind == ",":
            self._take()
            at = self._next.at
            argument = self._or()
            refuse_in_near(argument, self._rule, at)
            arguments.append(argument)
        self._close(lexeme)
        if not 2 <= len(arguments) <= limits.NEAR_ARGUMENTS:
            self._fail(
                lexeme.at,
                f"found near() with {len(arguments)} things to relate, expected 2 to "
                f"{limits.NEAR_ARGUMENTS}, as in near(3, lay, arms)",
            )
        return Near(distance, tuple(arguments), lexeme.at)

    def _distance(self, function: Lexeme) -> int:
        number = self._next
        if number.kind != "word" or not (number.text.isascii() and number.text.isdigit()):
            self._fail(
                number.at, f"found {number}, expected the greatest number of words between, as in near(3, lay, arms)"
            )
        if len(number.text) > 6 or int(number.text) > limits.DISTANCE:
            self._fail(number.at, f"found the distance {number}, expected at most {limits.DISTANCE}")
        self._take()
        if self._next.kind != ",":
            self._fail(
                self._next.at, f"found {self._next} in near(), expected ',': separate what it relates with commas"
            )
        return int(number.text)


def refuse_in_near(argument: Node, rule: str, at: int) -> None:
    """Raise `RuleError` unless every word of the argument has a place: terms, ORs of them, parts, nears."""
    for each in argument.children if isinstance(argument, Or) else (argument,):
        if isinstance(each, Term | Near) or (isinstance(each, Reference) and each.kind == "part"):
            continue
        found, fix = _placeless(each)
        raise error(
            rule, at, f"found {found} in near(), expected words, phrases, prefixes, ORs of them, parts or nears; {fix}"
        )


def _placeless(node: Node) -> tuple[str, str]:
    """What a node without a place in the text is called, and what to do instead."""
    match node:
        case And():
            return "several terms without a comma", "separate what near() relates with commas, alternatives with OR"
        case Field(name="#"):
            return "a hashtag", "write the word without #, or put it outside near()"
        case Field(name, _) | Reference(name, _):
            return f"the operator '{name}:'", "put it outside near()"
        case _:
            return "an exclusion", "put it outside near()"
