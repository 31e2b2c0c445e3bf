"""The functions of conditions and what they are of. Owns the names of dimensions and how they are written."""

import re
from typing import Final

from streams.alerts.conditions.bounded import ConditionCursor
from streams.alerts.conditions.lexer import Lexeme
from streams.alerts.conditions.syntax import FACTS, NUMBERS, Dimension, Quantity
from streams.matching.language.errors import RuleError, shown
from streams.matching.operators import nearest
from streams.matching.operators.values import kind, language, slug

FUNCTIONS: Final = (*NUMBERS, *FACTS)
_KINDS: Final = ("claim", "group", "platform", "kind", "lang")
_PEOPLE: Final = ("authors", "texts")
_CONNECTIVES: Final = ("and", "or", "not", "by")
_BARE: Final = re.compile(r"\w[\w-]*")
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


class BareName(RuleError):
    """A name in a function that does not say of what kind it is: `share(denied)`. Whoever knows the event may tell."""

    def __init__(self, found: RuleError, function: str, name: str) -> None:
        super().__init__(found.problem, found.column, line=found.line)
        self.function = function
        self.name = name


class FunctionParser(ConditionCursor):
    """Reads functions."""

    def function(self, name: Lexeme) -> Quantity:
        """What follows a function's name. Raises `RuleError`."""
        if self.next.kind != "(":
            if name.text in ("share", "distinct", "first_seen"):
                raise self.error(name.at, f"found '{name.text}' without what it is of; write {_EXAMPLES[name.text]}")
            return Quantity(name.text)  # type: ignore[arg-type]
        opening = self.take()
        if name.text not in _EXAMPLES:
            raise self.error(
                opening.at, f"found '(' after {name.text}, which is of the whole event; leave the parentheses out"
            )
        of = self._people() if name.text == "distinct" else self._dimension(name.text)
        self.close(opening)
        return Quantity(name.text, of)  # type: ignore[arg-type]

    def misnamed(self, found: Lexeme) -> RuleError | None:
        """The error of a dimension by itself, or of a name that no function has; None of another lexeme."""
        if found.kind == "dimension" and found.text in _KINDS:
            written = f"{found.text}:{found.value}"
            return self.error(
                found.at, f"found {found} by itself, expected a function of it; write count({shown(written)})"
            )
        if found.kind != "name" or found.text in _CONNECTIVES:
            return None
        lower = found.text.lower()
        if lower in (*FUNCTIONS, *_CONNECTIVES):
            return self.error(found.at, f"found {found}, expected small letters; write {lower}")
        fix = f"; write {_OTHER_NAMES[lower]}" if lower in _OTHER_NAMES else nearest(lower, FUNCTIONS)
        return self.error(found.at, f"found the unknown function {found}, expected one of {', '.join(FUNCTIONS)}{fix}")

    def _people(self) -> str:
        found = self.take()
        if found.kind == "name" and found.text in _PEOPLE:
            return found.text
        fix = nearest(found.text.lower(), _PEOPLE) if found.kind == "name" else ""
        raise self.error(found.at, f"found {found}, expected authors or texts, which distinct() counts{fix}")

    def _dimension(self, function: str) -> Dimension:
        found = self.take()
        if found.kind != "dimension":
            what = "nothing" if found.kind == ")" else str(found)
            fix = f"; write {function}" if found.kind == ")" and function not in ("share", "first_seen") else ""
            kinds = "claim:NAME, group:NAME, platform:NAME, kind:NAME or lang:NAME"
            bare = _BARE.match(self.text, found.at) if found.kind == "name" else None
            if bare is not None:
                refused = self.error(found.at, f"found '{shown(bare[0])}' in {function}(), expected {kinds}")
                raise BareName(refused, function, bare[0])
            raise self.error(found.at, f"found {what} in {function}(), expected {kinds}{fix}")
        if found.text not in _KINDS:
            lower = found.text.lower()
            fix = f"; write {_OTHER_NAMES[lower]}" if lower in _OTHER_NAMES else nearest(lower, _KINDS)
            unknown = f"found the unknown dimension '{shown(found.text)}:'"
            raise self.error(found.at, f"{unknown}, expected one of {', '.join(_KINDS)}{fix}")
        name = self._name(found)
        if not self.is_word("by"):
            return Dimension(found.text, name, at=found.at)  # type: ignore[arg-type]
        by = self.take()
        group = self.take()
        if found.text != "claim" or group.kind != "dimension" or group.text != "group":
            raise self.error(
                by.at, f"found {found} by {group}, expected a claim by a group; write claim:NAME by group:NAME"
            )
        return Dimension("claim", name, self._name(group), found.at, group.at)

    def _name(self, lexeme: Lexeme) -> str:
        if not lexeme.value:
            raise self.error(lexeme.at, f"found '{lexeme.text}:' without a name, expected one right after the colon")
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
            raise self.error(lexeme.at, f"found {lexeme}, {problem}") from None
