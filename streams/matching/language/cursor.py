"""Where a parser stands in the lexemes of its text. Rules and conditions of alerts are read with the same one.

Knows neither language: of a lexeme only where it stands.
"""

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from streams.matching.language.errors import RuleError, error


class Placed(Protocol):
    """A lexeme: `at` is its offset in the text."""

    @property
    def at(self) -> int: ...


L = TypeVar("L", bound=Placed)


class Cursor(Generic[L]):
    """Gives the lexemes one after the other; the last of them stands for the text's end."""

    def __init__(self, text: str, lexemes: Sequence[L]) -> None:
        self.text = text
        self.lexemes = lexemes
        self.position = 0

    @property
    def next(self) -> L:
        """The lexeme that is read next."""
        return self.lexemes[self.position]

    @property
    def previous(self) -> L | None:
        """The one before it; None at the text's beginning."""
        return self.lexemes[self.position - 1] if self.position else None

    def take(self) -> L:
        """Read one."""
        lexeme = self.next
        self.position += 1
        return lexeme

    def error(self, at: int, message: str) -> RuleError:
        """The error at this offset of the text."""
        return error(self.text, at, message)
