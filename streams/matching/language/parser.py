"""Rules as text to rules as trees, by recursive descent: `and` binds before OR, `-` before both.

Raises `RuleError` for whatever is not a rule; its depth is bounded, so no text can exhaust the stack.
"""

from typing import Final, NoReturn

from streams.matching import limits
from streams.matching.language.functions import FunctionParser
from streams.matching.language.leaves import QUOTED, operator, refuse_scope, words
from streams.matching.language.lexemes import Lexeme
from streams.matching.language.syntax import (
    Field,
    Node,
    Proximity,
    Quoted,
    Term,
    conjunction,
    disjunction,
    negation,
)
from streams.matching.operators import OPERATORS
from streams.matching.texts import text

_STARTS: Final = frozenset({"(", "-", "=", "word", "prefix", "phrase", "field", "scope", "function"})
_FIXES: Final = {
    "and": "a space already means and",
    "or": "write OR",
    "not": "write - before the term",
}


def parse(rule: str) -> Node:
    """The tree of a rule. Raises `RuleError`."""
    return _Parser(rule).rule()


class _Parser(FunctionParser):
    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self._in_quoted = False

    def rule(self) -> Node:
        if self.next.kind == "end":
            hint = "; '#' before a space begins a comment" if "#" in self.text else ""
            raise self.error(0, f"the rule is empty, expected at least one term{hint}")
        node = self.expression()
        found = self.next
        if found.kind == ")":
            raise self.error(found.at, "found ')' without a '(' before it, expected a term; remove it or add the '('")
        self.refuse_outside()
        return node

    def expression(self) -> Node:
        children = [self._and()]
        while self.next.kind == "OR":
            self.take()
            children.append(self._and())
        return disjunction(children)

    def _and(self) -> Node:
        if self.next.kind not in _STARTS:
            self._fail_missing()
        children = [self._unary()]
        while self.next.kind in _STARTS:
            children.append(self._unary())
        return conjunction(children)

    def _fail_missing(self) -> NoReturn:
        found = self.next
        before = self.previous
        if found.kind == "OR":
            where = f"found OR right after {before}" if before else "found OR at the start"
            raise self.error(found.at, f"{where}, expected a term on both sides of OR; quote it if you mean the word")
        if before and before.kind == "OR":
            raise self.error(before.at, f"found {found} after OR, expected a term; add one or remove the OR")
        if before and before.kind == "(" and found.kind == ")":
            raise self.error(before.at, "found an empty group, expected a term in the parentheses; remove them")
        if before and before.kind == "(" and found.kind == "end":
            raise self.error(before.at, "found '(' that is never closed, expected ')'; add it")
        raise self.error(found.at, f"found {found}, expected a term")

    def _unary(self) -> Node:
        if self.next.kind != "-":
            return self._primary()
        minus = self.take()
        if self.next.kind == "-":
            raise self.error(minus.at, "found '--', expected one minus sign; remove one")
        if self.next.kind not in _STARTS:
            raise self.error(minus.at, f"found {self.next} after '-', expected the term or group to exclude")
        return negation(self._excluded(minus, self._primary()))

    def _excluded(self, minus: Lexeme, child: Node) -> Node:
        if isinstance(child, Field) and OPERATORS[child.name].positive_only:
            fix = f"write sample:{100 - int(child.key)}" if int(child.key) < 100 else "leave it out"
            raise self.error(minus.at, f"found '-' before sample:, which only takes a share; {fix}")
        return child

    def _primary(self) -> Node:
        lexeme = self.take()
        match lexeme.kind:
            case "(":
                return self._group(lexeme)
            case "function":
                if lexeme.text.lower() in _FIXES:
                    fix = _FIXES[lexeme.text.lower()]
                    raise self.error(lexeme.at, f"found '{lexeme.text}' before a group, expected a term; {fix}")
                return self.function(lexeme)
            case "scope":
                return self._scope(lexeme)
        self.count(lexeme)
        match lexeme.kind:
            case "field":
                if lexeme.text.casefold() == QUOTED:
                    self._refuse_quoted_twice(lexeme)
                return operator(self.text, lexeme)
            case "=":
                return self._cased(lexeme)
            case "word":
                self._refuse_connective(lexeme)
        return self._proximity(words(self.text, lexeme))

    def _group(self, opening: Lexeme) -> Node:
        self.enter(opening)
        node = self.expression()
        self.close(opening)
        return node

    def _refuse_connective(self, lexeme: Lexeme) -> None:
        word = lexeme.text.lower()
        if word not in _FIXES:
            folded = " ".join(text.tokens(word))
            if folded in _FIXES and not lexeme.text.isascii():
                raise self.error(lexeme.at, f"found {lexeme} in unusual letters, expected a term; {_FIXES[folded]}")
            return
        # Alone between OR, commas and parentheses a lower-case one is a word like any other: (no OR not OR never).
        before = self.lexemes[self.position - 2].kind if self.position > 1 else "end"
        after = self.next.kind
        alternative = (
            after not in _STARTS
            and before in ("OR", ",", "(", "end")
            and ("OR" in (before, after) or "," in (before, after))
        )
        if lexeme.text != word or not alternative:
            raise self.error(
                lexeme.at,
                f"found '{lexeme.text}', expected a term; {_FIXES[word]}, "
                f'or quote it as "{lexeme.text}" if you mean the word',
            )

    def _cased(self, sign: Lexeme) -> Node:
        lexeme = self.take()
        if lexeme.kind not in ("word", "prefix", "phrase"):
            raise self.error(
                sign.at, f"found {lexeme} after '=', expected a word or phrase whose capitals matter, as in =NATO"
            )
        return self._proximity(words(self.text, lexeme, cased=True))

    def _proximity(self, phrase: Term) -> Node:
        if self.next.kind != "~":
            return phrase
        lexeme = self.take()
        distance = self.bounded(lexeme, "the distance", limits.DISTANCE)
        if len(phrase.tokens) > limits.PROXIMITY_WORDS:
            found = f"found a phrase of {len(phrase.tokens)} words before {lexeme}"
            raise self.error(phrase.at, f"{found}, expected at most {limits.PROXIMITY_WORDS}; leave some out")
        if len(phrase.tokens) < 2:
            raise self.error(lexeme.at, f"found {lexeme} after a single word, expected at least two; remove it")
        return Proximity(phrase, distance)

    def _refuse_quoted_twice(self, lexeme: Lexeme) -> None:
        if self._in_quoted:
            raise self.error(
                lexeme.at, "found quoted: inside quoted:, expected none: a quoted post's own quote is not known"
            )

    def _scope(self, lexeme: Lexeme) -> Node:
        if lexeme.text.casefold() != QUOTED:
            refuse_scope(self.text, lexeme)
        self._refuse_quoted_twice(lexeme)
        self._in_quoted = True
        child = self._group(lexeme)
        self._in_quoted = False
        return Quoted(child, lexeme.at)
