"""Rules as text to rules as trees, by recursive descent: `and` binds before OR, `-` before both.

Raises `RuleError` for whatever is not a rule; its depth is bounded, so no text can exhaust the stack.
"""

from typing import Final, NoReturn

from streams.matching import limits
from streams.matching.language.errors import error
from streams.matching.language.leaves import QUOTED, operator, refuse_scope, words
from streams.matching.language.lexemes import Lexeme
from streams.matching.language.lexer import lex
from streams.matching.language.placed import refuse_placeless
from streams.matching.language.syntax import (
    Field,
    Near,
    Node,
    Proximity,
    Quoted,
    Score,
    Sentence,
    Term,
    conjunction,
    disjunction,
    negation,
)
from streams.matching.operators import OPERATORS, nearest
from streams.matching.texts import text

_FUNCTIONS: Final = {
    "near": "near(3, lay, arms)",
    "before": "before(3, lay, arms)",
    "sentence": "sentence(kursk, surrender)",
    "atleast": "atleast(2, kursk, surrender, offer)",
    "score": "score(3, kursk^2, surrender^2, offer)",
}
_OPENINGS: Final = ("(", "function", "scope")
_STARTS: Final = frozenset({"(", "-", "=", "word", "prefix", "phrase", "field", "scope", "function"})
_FIXES: Final = {
    "and": "a space already means and",
    "or": "write OR",
    "not": "write - before the term",
}


def parse(rule: str) -> Node:
    """The tree of a rule. Raises `RuleError`."""
    return _Parser(rule).rule()


class _Parser:
    def __init__(self, rule: str) -> None:
        self._rule = rule
        self._lexemes = lex(rule)
        self._position = 0
        self._depth = 0
        self._terms = 0
        self._in_quoted = False

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
            hint = "; '#' before a space begins a comment" if "#" in self._rule else ""
            self._fail(0, f"the rule is empty, expected at least one term{hint}")
        node = self._or()
        found = self._next
        if found.kind == ")":
            self._fail(found.at, "found ')' without a '(' before it, expected a term; remove it or add the '('")
        if found.kind == ",":
            self._fail(
                found.at, "found ',' outside a function, expected a space or OR; quote it if it is part of a term"
            )
        if found.kind == "^":
            self._fail(found.at, f"found the weight {found} outside score(), expected none; remove it")
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
        return negation(self._excluded(minus, self._primary()))

    def _excluded(self, minus: Lexeme, child: Node) -> Node:
        if isinstance(child, Field) and OPERATORS[child.name].positive_only:
            fix = f"write sample:{100 - int(child.key)}" if int(child.key) < 100 else "leave it out"
            self._fail(minus.at, f"found '-' before sample:, which only takes a share; {fix}")
        return child

    def _primary(self) -> Node:
        lexeme = self._take()
        match lexeme.kind:
            case "(":
                return self._group(lexeme)
            case "function":
                return self._function(lexeme)
            case "scope":
                return self._scope(lexeme)
        self._count(lexeme)
        match lexeme.kind:
            case "field":
                if lexeme.text.casefold() == QUOTED:
                    self._refuse_quoted_twice(lexeme)
                return operator(self._rule, lexeme)
            case "=":
                return self._cased(lexeme)
            case "word":
                self._refuse_connective(lexeme)
        return self._proximity(words(self._rule, lexeme))

    def _count(self, lexeme: Lexeme) -> None:
        self._terms += 1
        if self._terms > limits.TERMS:
            self._fail(lexeme.at, f"found more than {limits.TERMS} terms, expected at most that; move some to parts")

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
        if found.kind == "^":
            self._fail(found.at, f"found the weight {found} outside score(), expected none; remove it")
        if found.kind != ")":
            self._fail(opening.at, f"found {opening} that is never closed, expected ')'; add it")
        self._take()

    def _refuse_connective(self, lexeme: Lexeme) -> None:
        word = lexeme.text.lower()
        if word not in _FIXES:
            folded = " ".join(text.tokens(word))
            if folded in _FIXES and not lexeme.text.isascii():
                self._fail(lexeme.at, f"found {lexeme} in unusual letters, expected a term; {_FIXES[folded]}")
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

    def _cased(self, sign: Lexeme) -> Node:
        lexeme = self._take()
        if lexeme.kind not in ("word", "prefix", "phrase"):
            self._fail(
                sign.at, f"found {lexeme} after '=', expected a word or phrase whose capitals matter, as in =NATO"
            )
        return self._proximity(words(self._rule, lexeme, cased=True))

    def _proximity(self, phrase: Term) -> Node:
        if self._next.kind != "~":
            return phrase
        lexeme = self._take()
        distance = self._bounded(lexeme, "the distance", limits.DISTANCE)
        if len(phrase.tokens) > limits.PROXIMITY_WORDS:
            found = f"found a phrase of {len(phrase.tokens)} words before {lexeme}"
            self._fail(phrase.at, f"{found}, expected at most {limits.PROXIMITY_WORDS}; leave some out")
        if len(phrase.tokens) < 2:
            self._fail(lexeme.at, f"found {lexeme} after a single word, expected at least two; remove it")
        return Proximity(phrase, distance)

    def _bounded(self, number: Lexeme, what: str, most: int, least: int = 0) -> int:
        value = int(number.text) if len(number.text) <= 6 else most + 1
        if not least <= value <= most:
            bounds = f"at most {most}" if least == 0 else f"{least} to {most}"
            self._fail(number.at, f"found {what} {number}, expected {bounds}")
        return value

    def _refuse_quoted_twice(self, lexeme: Lexeme) -> None:
        if self._in_quoted:
            self._fail(lexeme.at, "found quoted: inside quoted:, expected none: a quoted post's own quote is not known")

    def _scope(self, lexeme: Lexeme) -> Node:
        if lexeme.text.casefold() != QUOTED:
            refuse_scope(self._rule, lexeme)
        self._refuse_quoted_twice(lexeme)
        self._in_quoted = True
        child = self._group(lexeme)
        self._in_quoted = False
        return Quoted(child, lexeme.at)

    def _function(self, lexeme: Lexeme) -> Node:
        name = lexeme.text
        if name.lower() in _FIXES:
            self._fail(lexeme.at, f"found '{name}' before a group, expected a term; {_FIXES[name.lower()]}")
        if name not in _FUNCTIONS:
            self._fail(
                lexeme.at,
                f"found the unknown function {lexeme}{nearest(name.casefold(), _FUNCTIONS)}; "
                "put a space before '(' if it is a word and a group",
            )
        self._enter(lexeme)
        match name:
            case "near" | "before":
                node: Node = self._near(lexeme)
            case "sentence":
                self._refuse_number(lexeme)
                node = Sentence(self._placed(lexeme), lexeme.at)
            case _:
                node = self._score(lexeme)
        return node

    def _refuse_number(self, function: Lexeme) -> None:
        first = self._next
        if first.kind == "word" and first.text.isdigit() and self._lexemes[self._position + 1].kind == ",":
            self._fail(first.at, f"found {first} in {function.text}(), which takes no number; quote it if it is a word")

    def _near(self, function: Lexeme) -> Near:
        distance = self._number(function, "the greatest number of words between", limits.DISTANCE)
        return Near(distance, self._placed(function), function.text == "before", function.at)

    def _placed(self, function: Lexeme) -> tuple[Node, ...]:
        """The arguments up to the closing parenthesis, each of which has a place in a text."""
        arguments: list[Node] = []
        while not arguments or self._next.kind == ",":
            if arguments:
                self._take()
            at = self._next.at
            argument = self._or()
            refuse_placeless(argument, function.text, self._rule, at)
            arguments.append(argument)
        self._close(function)
        if not 2 <= len(arguments) <= limits.NEAR_ARGUMENTS:
            self._fail_count(function, len(arguments), f"2 to {limits.NEAR_ARGUMENTS}")
        return tuple(arguments)

    def _score(self, function: Lexeme) -> Score:
        number = self._next
        threshold = self._number(function, "how many have to be true" if function.text == "atleast" else "a threshold")
        arguments: list[Node] = []
        weights: list[int] = []
        while not arguments or self._next.kind == ",":
            if arguments:
                self._take()
            first = self._position
            arguments.append(self._or())
            weights.append(self._weight(function, first))
        self._close(function)
        if len(arguments) < 2:
            self._fail_count(function, len(arguments), "at least 2")
        if not 1 <= threshold <= sum(weights):
            self._fail(
                number.at,
                f"found {number} in {function.text}(), expected 1 to {sum(weights)}: "
                "that is all that its arguments add up to",
            )
        return Score(threshold, tuple(arguments), tuple(weights))

    def _weight(self, function: Lexeme, first: int) -> int:
        """The weight after an argument that began with lexeme number `first`."""
        if self._next.kind != "^":
            return 1
        if not self._is_one(first):
            self._fail(
                self._next.at, f"found {self._next} after several terms, expected it after one; group them: (…)^2"
            )
        if function.text != "score":
            self._fail(self._next.at, f"found the weight {self._next} in {function.text}(), expected none; use score()")
        weight = self._bounded(self._take(), "the weight", limits.WEIGHT, least=1)
        if self._next.kind not in (",", ")"):
            self._fail(self._next.at, f"found {self._next} after a weight, expected ',' or ')': separate with commas")
        return weight

    def _is_one(self, first: int) -> bool:
        """Whether the lexemes from the first up to here are one term, group or function."""
        depth = ends = 0
        for lexeme in self._lexemes[first : self._position]:
            if lexeme.kind in _OPENINGS:
                depth += 1
            elif lexeme.kind == ")":
                depth -= 1
            ends += depth == 0 and lexeme.kind not in ("-", "=", "~")
        return ends == 1

    def _number(self, function: Lexeme, what: str, most: int = 999_999) -> int:
        """The number that a function begins with, and the comma after it."""
        number = self._next
        example = f"as in {_FUNCTIONS[function.text]}"
        if number.kind != "word" or not (number.text.isascii() and number.text.isdigit()):
            self._fail(number.at, f"found {number}, expected {what}, {example}")
        value = self._bounded(number, f"the {'distance' if most == limits.DISTANCE else 'number'}", most)
        self._take()
        if self._next.kind != ",":
            self._fail(
                self._next.at,
                f"found {self._next} in {function.text}(), expected ',': separate its arguments with commas, {example}",
            )
        self._take()
        return value

    def _fail_count(self, function: Lexeme, count: int, expected: str) -> NoReturn:
        self._fail(
            function.at,
            f"found {function.text}() with {count} argument{'' if count == 1 else 's'}, expected {expected}, "
            f"as in {_FUNCTIONS[function.text]}",
        )
