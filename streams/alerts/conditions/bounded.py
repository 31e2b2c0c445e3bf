"""A cursor in a condition that bounds how deep it nests, and owns the errors of parentheses."""

from typing import Final

from streams.alerts.conditions.lexer import Lexeme, lex
from streams.matching.language.cursor import Cursor

#: Parentheses, `not` and minus signs within each other.
DEPTH: Final = 30


class ConditionCursor(Cursor[Lexeme]):
    """The lexemes of a condition."""

    def __init__(self, condition: str) -> None:
        super().__init__(condition, lex(condition))
        self._depth = 0

    def is_word(self, word: str) -> bool:
        """Whether this word comes next."""
        return self.next.kind == "name" and self.next.text == word

    def enter(self, opening: Lexeme) -> None:
        """Go one level deeper. Raises `RuleError` where that is too deep."""
        self._depth += 1
        if self._depth > DEPTH:
            raise self.error(
                opening.at, f"found a condition nested deeper than {DEPTH}, expected less; split it into alerts"
            )

    def leave(self) -> None:
        """Come back up."""
        self._depth -= 1

    def close(self, opening: Lexeme) -> None:
        """Read a closing parenthesis. Raises `RuleError` where none comes next."""
        found = self.next
        if found.kind == "end":
            raise self.error(opening.at, "found '(' that is never closed, expected ')'; add it")
        if found.kind != ")":
            raise self.error(found.at, f"found {found}, expected ')'")
        self.take()
