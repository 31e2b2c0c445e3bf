"""A rule's text as lexemes. Owns what separates them and the slips that can be told from the characters alone.

Knows no grammar: which lexeme may follow which is the parser's.
"""

import re
from typing import Final, NoReturn

from streams.matching import limits
from streams.matching.language import elsewhere
from streams.matching.language.errors import RuleError, error, shown
from streams.matching.language.lexemes import SIGILS, Kind, Lexeme
from streams.matching.language.lookalikes import posing

_RUN: Final = re.compile(r'[^\s(),"]+')
_NAME: Final = re.compile(r"[^\W\d]\w*")
#: An operator that a missing space made part of the word before it: kursk-from:nasa.
_GLUED: Final = re.compile(r"(?<=.)-[a-z_]+:")
_WEIGHT: Final = re.compile(r"\^(\d+)(?=[\s(),]|$)")
_DISTANCE: Final = re.compile(r"~(\d+)(?=[\s(),^]|$)")
_GAP: Final = re.compile(r"(?:\s+|(?<![^\s])#(?!\S)[^\n]*)+")
_STAND_INS: Final = {
    "|": "write OR",
    "||": "write OR",
    "&": "a space already means and",
    "&&": "a space already means and",
    "+": "a space already means and",
    "*": "a prefix needs letters before *",
    "!": "write - before the term",
    ";": "leave it out",
    "/": "leave it out",
    "∧": "a space already means and",
    "∨": "write OR",
}


def lex(text: str) -> list[Lexeme]:
    """The lexemes of a rule, the last one `end`. Raises `RuleError`."""
    if len(text) > limits.CHARACTERS:
        raise RuleError(
            f"the rule has {len(text):,} characters, expected at most {limits.CHARACTERS:,}; move pieces of it to parts"
        )
    return _Lexer(text).all()


class _Lexer:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found: list[Lexeme] = []

    def all(self) -> list[Lexeme]:
        while True:
            gap = _GAP.match(self._text, self._at)
            if gap:
                self._at = gap.end()
            if self._at == len(self._text):
                self._found.append(Lexeme("end", "", self._at))
                return self._found
            self._next()

    def _fail(self, message: str, at: int | None = None) -> NoReturn:
        raise error(self._text, self._at if at is None else at, message)

    def _add(self, kind: Kind, text: str, end: int, value: str = "") -> None:
        self._found.append(Lexeme(kind, text, self._at, value))
        self._at = end

    def _next(self) -> None:
        first = self._text[self._at]
        match first:
            case "(" | ")" | ",":
                self._add(first, first, self._at + 1)
            case '"':
                self._phrase()
            case "-":
                if self._at + 1 == len(self._text) or self._text[self._at + 1].isspace():
                    self._fail("found a lone '-', expected the term to exclude right after it, as in -submarine")
                self._add("-", "-", self._at + 1)
            case "=":
                self._case_sensitive()
            case "^":
                self._number(_WEIGHT, "a weight such as kursk^2")
            case _ if first in SIGILS:
                self._tag(first)
            case _:
                self._run()

    def _phrase(self) -> None:
        end = self._text.find('"', self._at + 1)
        if end < 0:
            self._fail('found a quotation mark that is never closed, expected another "; add it')
        content = self._text[self._at + 1 : end]
        star = content.find("*")
        if star >= 0:
            self._fail(
                "found '*' inside quotes, expected plain words; use near(), or a prefix outside the quotes",
                self._at + 1 + star,
            )
        self._refuse_after_quote(end + 1, "(),^~")
        self._add("phrase", content, end + 1)
        if self._text[self._at : self._at + 1] == "~":
            self._number(_DISTANCE, 'a distance such as "lay arms"~3')

    def _number(self, pattern: re.Pattern[str], expected: str) -> None:
        number = pattern.match(self._text, self._at)
        if number is None:
            self._fail(f"found '{self._text[self._at]}' without a whole number after it, expected {expected}")
        self._add("^" if pattern is _WEIGHT else "~", number.group(1), number.end())

    def _case_sensitive(self) -> None:
        following = self._text[self._at + 1 : self._at + 2]
        if not following or following.isspace() or following in "=(),-^" + SIGILS:
            self._fail("found '=' without a word right after it, expected one whose capitals matter, as in =NATO")
        self._add("=", "=", self._at + 1)

    def _refuse_after_quote(self, after: int, allowed: str = "(),^") -> None:
        following = self._text[after : after + 1]
        if self._text[after - 2 : after] == '\\"':
            self._fail('found a quotation mark inside a phrase, expected words; leave out \\"', after - 2)
        if following == "*":
            self._fail(
                "found '*' after a phrase, expected none; write near(0, …) with a prefix such as surrend*", after
            )
        if following == "~" and "~" not in allowed:
            self._fail('found a distance after a value, expected none; for a quoted post write quoted:("…"~3)', after)
        if following and not following.isspace() and following not in allowed:
            self._fail(f"found '{following}' right after a closing quotation mark, expected a space; add one", after)

    def _tag(self, sigil: str) -> None:
        name, end = self._whole(self._at + 1)
        if not name:
            expected = {"#": "a hashtag such as #kursk", "$": "a ticker such as $GAZP", "@": "a mention such as @nasa"}
            self._fail(f"found a lone '{sigil}', expected {expected[sigil]}")
        self._refuse_posing(name, self._at + 1)
        self._add("field", sigil, end, name)

    def _whole(self, at: int) -> tuple[str, int]:
        """The characters up to a space, a parenthesis, a comma, a quotation mark or a weight, and where they end."""
        run = _RUN.match(self._text, at)
        if run is None:
            return "", at
        word = run.group()
        weight = word.rfind("^")
        if weight > 0 and _WEIGHT.match(self._text, at + weight):
            word = word[:weight]
        return word, at + len(word)

    def _run(self) -> None:
        word, end = self._whole(self._at)
        if word == "OR":
            self._add("OR", word, end)
            return
        if not word.isalnum():
            self._refuse_posing(word, self._at)
        following = self._text[end : end + 1]
        name, colon, value = word.partition(":")
        if following == "(" and colon and not value and _NAME.fullmatch(name):
            self._add("scope", name, end + 1)
            return
        if following == "(" and colon and name.casefold() == "quoted":
            self._fail(f"found a function right after 'quoted:', expected a group; write quoted:({shown(value)}(…))")
        if following == "(" and colon and _NAME.fullmatch(name):
            self._fail(
                f"found '(' in the value of '{name}:', expected a space; quote the value if it belongs to it", end
            )
        if following == "(":
            self._function(word, end)
            return
        if word.startswith("OR-"):
            self._fail("found OR right before '-', expected a space between them; add one", self._at + 2)
        if not name and value:
            self._fail(f"found '{shown(word)}', expected an operator and its value without a space, such as from:nasa")
        if colon and _NAME.fullmatch(name):
            if value.isdecimal():
                self._refuse_elsewhere(word)
            self._field(name, value, end)
            return
        if following == '"':
            self._fail("found a quotation mark inside a word, expected a space before it; add one", end)
        self._refuse_glued(word)
        self._word(word, end)

    def _refuse_posing(self, word: str, at: int) -> None:
        found = posing(word)
        if found is not None:
            self._fail(found[1], at + found[0])

    def _refuse_stand_in(self, word: str) -> None:
        if word in _STAND_INS:
            self._fail(f"found '{word}', expected a term; {_STAND_INS[word]}")

    def _refuse_elsewhere(self, word: str) -> None:
        found = elsewhere.refused(self._text, self._at, word)
        if found is not None:
            self._fail(found[1], self._at + found[0])

    def _refuse_glued(self, word: str) -> None:
        glued = _GLUED.search(word)
        if glued is not None:
            self._fail(
                f"found '{shown(glued[0])}' right after a word, expected a space before '-'", self._at + glued.start()
            )

    def _function(self, name: str, end: int) -> None:
        if not _NAME.fullmatch(name):
            self._refuse_stand_in(name)
            self._refuse_elsewhere(name)
            self._fail(f"found '(' right after '{shown(name)}', expected a space between them; add one", end)
        self._add("function", name, end + 1)

    def _field(self, name: str, value: str, end: int) -> None:
        if value and self._text[end : end + 1] == '"':
            self._fail("found a quotation mark inside a value, expected a space before it; add one", end)
        if not value and self._text[end : end + 1] == '"':
            close = self._text.find('"', end + 1)
            if close < 0:
                self._fail('found a quotation mark that is never closed, expected another "; add it', end)
            self._refuse_after_quote(close + 1)
            value, end = self._text[end + 1 : close], close + 1
        elif value.startswith("["):
            close = self._text.find("]", end - len(value))
            if close < 0:
                self._fail("found '[' that is never closed, expected ']'; add it", end - len(value))
            value, end = self._text[end - len(value) : close + 1], close + 1
            following = self._text[end : end + 1]
            if following and not following.isspace() and following not in "(),^":
                self._fail(f"found '{following}' right after ']', expected a space; add one", end)
        self._add("field", name, end, value)

    def _word(self, word: str, end: int) -> None:
        if not word.isalpha():
            self._refuse_signs(word)
        if word.endswith("*"):
            self._add("prefix", word[:-1], end)
        else:
            self._add("word", word, end)

    def _refuse_signs(self, word: str) -> None:
        self._refuse_stand_in(word)
        if word[0] in "|&+!" and any(map(str.isalnum, word)):
            self._fail(f"found '{word[0]}' before a term, expected none; {_STAND_INS[word[0]]}")
        self._refuse_elsewhere(word)
        for sign in ("|", "&&"):
            if sign in word:
                at = self._at + word.index(sign)
                self._fail(f"found '{sign}' in a word, expected a space; {_STAND_INS[sign]}, or quote the word", at)
        for position, character in enumerate(word):
            if character in "^~":
                expected = {
                    "^": "a weight in score(), as in kursk^2; ",
                    "~": 'a phrase, as in "lay arms"~3; for other spellings of a word write each with OR, or ',
                }[character]
                self._fail(
                    f"found '{character}' in a word, expected {expected}quote the word if you mean the character",
                    self._at + position,
                )
            if character == "*" and position < len(word) - 1:
                self._fail("found '*' within a word, expected it at the end only, as in kursk*", self._at + position)
