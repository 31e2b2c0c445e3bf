"""A condition's text as lexemes, and the slips that can be told from the characters alone.

Knows no grammar. Errors are the rule language's.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from streams.matching import RuleError
from streams.matching.language.errors import error, shown

Kind: TypeAlias = Literal["number", "name", "dimension", "operator", "(", ")", ",", "end"]

_GAP: Final = re.compile(r"\s+")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_NAME: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_DIMENSION: Final = re.compile(r"([A-Za-z_]\w*):([^\s(),<>=!+*/\"']*)", re.ASCII)
_OPERATOR: Final = re.compile(r"<=|>=|==|!=|[<>+*/-]")
#: What follows a number without a space and makes it none.
_TAIL: Final = re.compile(r"[^\s(),<>=!+*/-]+")
_STAND_INS: Final = {
    "=>": "write >=",
    "=<": "write <=",
    "<>": "write !=",
    "&&": "write and",
    "||": "write or",
    "≥": "write >=",
    "≤": "write <=",
    "≠": "write !=",
    "×": "write *",
    "÷": "write /",
    "=": "write ==",
    "&": "write and",
    "|": "write or",
    "!": "write not",
    "^": "leave it out",
    ";": "leave it out",
    "#": "leave it out",
}


@dataclass(frozen=True, slots=True)
class Lexeme:
    """`text` is the number, name or operator as written, or the dimension's kind; `value` the dimension's name."""

    kind: Kind
    text: str
    at: int
    value: str = ""

    def __str__(self) -> str:
        match self.kind:
            case "end":
                return "the end of the condition"
            case "dimension":
                return f"'{shown(f'{self.text}:{self.value}')}'"
            case _:
                return f"'{shown(self.text)}'"


def lex(text: str) -> list[Lexeme]:
    """The lexemes of a condition, the last one `end`. Raises `RuleError`."""
    found: list[Lexeme] = []
    at = 0
    while True:
        gap = _GAP.match(text, at)
        at = gap.end() if gap else at
        if at == len(text):
            found.append(Lexeme("end", "", at))
            return found
        lexeme, at = _next(text, at)
        found.append(lexeme)


def _next(text: str, at: int) -> tuple[Lexeme, int]:
    first = text[at]
    if first in "(),":
        return Lexeme(first, first, at), at + 1  # type: ignore[arg-type]  # one of these three
    if number := _NUMBER.match(text, at):
        _refuse_tail(text, number)
        return Lexeme("number", number[0], at), number.end()
    if dimension := _DIMENSION.match(text, at):
        return Lexeme("dimension", dimension[1], at, dimension[2]), dimension.end()
    if name := _NAME.match(text, at):
        return Lexeme("name", name[0], at), name.end()
    for sign, fix in _STAND_INS.items():
        if text.startswith(sign, at) and not text.startswith(("==", "!="), at):
            raise error(text, at, f"found '{sign}', expected an operator of conditions; {fix}")
    if operator := _OPERATOR.match(text, at):
        return Lexeme("operator", operator[0], at), operator.end()
    raise _unknown(text, at)


def _refuse_tail(text: str, number: re.Match[str]) -> None:
    tail = _TAIL.match(text, number.end())
    if tail is None:
        return
    whole = shown(number[0] + tail[0])
    if tail[0] == "%":
        fix = f"; write {float(number[0]) / 100:g}"
    elif tail[0] in ("s", "m", "h", "d"):
        fix = "; times stand in the alert's window:, for: and cooldown:"
    elif tail[0].startswith("_") or tail[0].startswith("."):
        fix = "; write its digits alone, with at most one point between them"
    else:
        fix = "; put a space between the two"
    raise error(text, number.start(), f"found '{whole}', expected a number such as 50 or 0.5{fix}")


def _unknown(text: str, at: int) -> RuleError:
    sign = text[at]
    if sign == ".":
        return error(text, at, "found '.', expected a number to begin with a digit; write 0.5")
    if unicodedata.category(sign) == "Pd" or sign == "−":
        return error(text, at, f"found the dash '{sign}', expected a minus sign; write -")
    if unicodedata.category(sign) in ("Pi", "Pf") or sign in "\"'`":
        return error(text, at, f"found the quotation mark {sign}, expected none; names stand as they are, claim:NAME")
    return error(text, at, f"found '{sign}', expected a function, a number or an operator; leave it out")
