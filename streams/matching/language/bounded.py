"""A cursor in a rule that holds what is read to the limits: how deep groups nest, how many terms, how large a number.

Owns the errors of parentheses. Knows nothing of what stands between them.
"""

from streams.matching import limits
from streams.matching.language.cursor import Cursor
from streams.matching.language.lexemes import SIGILS, Lexeme
from streams.matching.language.lexer import lex


class RuleCursor(Cursor[Lexeme]):
    """The lexemes of a rule. Every method raises `RuleError`."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule, lex(rule))
        self._depth = 0
        self._terms = 0

    def enter(self, opening: Lexeme) -> None:
        """Go into a group or a function, whose opening parenthesis was read."""
        self._depth += 1
        if self._depth > limits.DEPTH:
            raise self.error(opening.at, f"found groups nested deeper than {limits.DEPTH}, expected fewer; use parts")

    def close(self, opening: Lexeme) -> None:
        """Read the parenthesis that closes it."""
        self._depth -= 1
        self.refuse_outside()
        if self.next.kind != ")":
            raise self.error(opening.at, f"found {opening} that is never closed, expected ')'; add it")
        self.take()

    def refuse_outside(self) -> None:
        """Refuse what has a meaning within a function alone."""
        found = self.next
        before = self.previous
        if (
            found.kind == ","
            and before is not None
            and before.kind == "field"
            and not self.text[found.at - 1].isspace()
        ):
            name = before.text if before.text in SIGILS else f"{before.text}:"
            raise self.error(found.at, f"found ',' after a value, expected one alone; write ({name}… OR {name}…)")
        if found.kind == ",":
            raise self.error(
                found.at, "found ',' outside a function, expected a space or OR; quote it if it is part of a term"
            )
        if found.kind == "^":
            raise self.error(
                found.at, f"found the weight {found} outside score(), expected none; remove it, or write score()"
            )

    def count(self, term: Lexeme) -> None:
        """Note one more term."""
        self._terms += 1
        if self._terms > limits.TERMS:
            raise self.error(
                term.at, f"found more than {limits.TERMS} terms, expected at most that; move some to parts"
            )

    def bounded(self, number: Lexeme, what: str, most: int, least: int = 0) -> int:
        """The value of a number, which errors call `what`."""
        value = int(number.text) if len(number.text) <= 6 else most + 1
        if not least <= value <= most:
            bounds = f"at most {most}" if least == 0 else f"{least} to {most}"
            raise self.error(number.at, f"found {what} {number}, expected {bounds}")
        return value
