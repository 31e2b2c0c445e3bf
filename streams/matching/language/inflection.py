"""From the lemmas that rules name to their inflected forms, once, when an event is applied.

Whoever has dictionaries brings the function that knows the forms; the matcher never needs it.
"""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from streams.matching.language.errors import RuleError, error
from streams.matching.language.parser import parse
from streams.matching.language.syntax import Lemma, PartOfSpeech, walk


class Inflected(Protocol):
    """A word's forms, lower case; where they are from (`en`, `ru`, `uk`); words derived from it that are their own."""

    @property
    def forms(self) -> tuple[str, ...]: ...
    @property
    def guessed(self) -> bool: ...
    @property
    def sources(self) -> tuple[str, ...]: ...
    @property
    def related(self) -> tuple[str, ...]: ...


#: Raises ValueError, which says what is wrong with the word.
Inflect: TypeAlias = Callable[[str, PartOfSpeech | None], Inflected]


def expand(rules: Mapping[str, str], inflect: Inflect) -> dict[str, Inflected]:
    """The forms of every lemma in these rules (name -> text), by its key (`surrender/verb`). Raises `RuleError`."""
    found: dict[str, Inflected] = {}
    for name, rule in rules.items():
        if "lemma:" not in rule.casefold():
            continue
        try:
            for node in walk(parse(rule)):
                if isinstance(node, Lemma) and node.key not in found:
                    found[node.key] = _forms(node, rule, inflect)
        except RuleError as problem:
            raise problem.within(name) from None
    return found


def _forms(lemma: Lemma, rule: str, inflect: Inflect) -> Inflected:
    try:
        return inflect(lemma.word, lemma.part)
    except ValueError as problem:
        raise error(rule, lemma.at, str(problem)) from None
