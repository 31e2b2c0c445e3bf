"""One event, ready to evaluate: what calls it up, and its rules as functions of a document.

What most events never need is made when first asked for, so that tens of thousands are compiled in seconds and stay
small: an event that two words decide keeps no tree, and no function is made before a record calls for it.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Final

from msgspec import Struct

from schemas import TrackedEvent
from streams.matching.engine.anchors import Key, anchor_of, companion_of
from streams.matching.engine.compiler import Compiler, Test
from streams.matching.engine.document import Document
from streams.matching.engine.explain import Explainer, Witness
from streams.matching.language.rulebook import Rulebook
from streams.matching.language.syntax import And, Term

#: The group of a record that is in none of an event's groups.
OTHER: Final = "other"


class Hit(Struct, frozen=True, gc=False):
    """A record matched an event: the claims and groups it is in, in the event's order; ("other",) when in no group."""

    event: TrackedEvent
    claims: tuple[str, ...]
    groups: tuple[str, ...]


class Evaluator:
    """The rules of one event, each compiled when first asked for."""

    def __init__(self, event: TrackedEvent, book: Rulebook) -> None:
        self._event = event
        self._book = book
        self._compiler = Compiler(book)

    @cached_property
    def test(self) -> Test:
        """Whether the match rule is true of a document."""
        return self._compiler.rule("match")

    @cached_property
    def _claims(self) -> list[tuple[str, Test]]:
        return [(name, self._compiler.rule(f"claims.{name}")) for name in self._event.claims]

    @cached_property
    def _groups(self) -> list[tuple[str, Test]]:
        return [(name, self._compiler.rule(f"groups.{name}")) for name in self._event.groups]

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(self._book, self._compiler)

    def hit(self, document: Document) -> Hit:
        """What is told of a document of which the match rule is true."""
        return Hit(self._event, _true(self._claims, document), _true(self._groups, document) or (OTHER,))

    def witnesses(self, document: Document, hit: Hit) -> list[Witness]:
        """The words that made the hit."""
        rules = ["match", *(f"claims.{name}" for name in hit.claims)]
        rules += [f"groups.{name}" for name in hit.groups if name in self._event.groups]
        return [witness for rule in rules for witness in self._explainer.rule(rule)(document)]


# Compiled events, being many, stay out of the collector's sight: nothing in them leads back to them.
class CompiledEvent(Struct, eq=False, gc=False):
    """An event and what calls it up: any key of its anchor, and its companion beside it.

    `certain` is its hit where those words being there is all that it asks; then nothing is left to evaluate.
    """

    event: TrackedEvent
    anchor: tuple[Key, ...]
    companion: str | None
    certain: Hit | None
    _evaluator: Evaluator | None

    @property
    def evaluator(self) -> Evaluator:
        """What evaluates it and explains its hits."""
        if self._evaluator is None:
            self._evaluator = Evaluator(self.event, Rulebook(self.event))
        return self._evaluator


def compile_event(event: TrackedEvent) -> CompiledEvent:
    """The event, ready to evaluate. Raises `RuleError` for one that cannot be used."""
    book = Rulebook(event)
    anchor = anchor_of(book)
    companion = companion_of(book, anchor)
    if event.claims or event.groups or _words(book) != {*anchor, *([Key("token", companion)] if companion else [])}:
        return CompiledEvent(event, tuple(anchor), companion, None, Evaluator(event, book))
    return CompiledEvent(event, tuple(anchor), companion, Hit(event, (), (OTHER,)), None)


def _words(book: Rulebook) -> set[Key] | None:
    """The words that all have to stand in a text, where the match rule says no more than that."""
    rule = book.nodes["match"]
    terms = rule.children if isinstance(rule, And) else (rule,)
    if all(isinstance(term, Term) and term == Term(term.tokens[:1]) for term in terms):
        return {Key("token", term.tokens[0]) for term in terms if isinstance(term, Term)}
    return None


def _true(rules: Iterable[tuple[str, Test]], document: Document) -> tuple[str, ...]:
    return tuple([name for name, test in rules if test(document)])
