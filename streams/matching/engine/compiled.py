"""One event, ready to evaluate: what calls it up, and its rules as functions of a document.

What most events never need is made when first asked for, so that tens of thousands are compiled in seconds and stay
small: an event that two words decide keeps no tree, and no function is made before a record calls for it.
"""

from collections.abc import Iterable
from functools import cached_property

from msgspec import Struct

from schemas import TrackedEvent
from schemas.event import OTHER
from streams.matching.engine.anchors import Key, anchor_of, companion_of
from streams.matching.engine.compiler import Compiler, Test
from streams.matching.engine.document import Document
from streams.matching.engine.explain import Explainer, Witness
from streams.matching.language.rulebook import Rulebook
from streams.matching.language.syntax import And, Term


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
class Certain(Struct, frozen=True, gc=False):
    """The rules of an event that asks for one or two words and no more: once they have called it up, it is a hit.

    `words`: each as a text form holds it, and as the rule writes it.
    """

    hit: Hit
    words: tuple[tuple[str, str], ...]

    def witnesses(self, document: Document, hit: Hit) -> list[Witness]:
        """The words that made the hit."""
        occurrences = document.plain.occurrences
        return [(at, at, written) for literal, written in self.words for at in occurrences(literal)]


class CompiledEvent(Struct, frozen=True, eq=False, gc=False):
    """An event, what calls it up (any key of its anchor, and its companion beside it), and what decides it then."""

    event: TrackedEvent
    anchor: tuple[Key, ...]
    companion: str | None
    evaluator: Evaluator | Certain


def compile_event(event: TrackedEvent) -> CompiledEvent:
    """The event, ready to evaluate. Raises `RuleError` for one that cannot be used."""
    book = Rulebook(event)
    anchor = anchor_of(book)
    companion = companion_of(book, anchor)
    words = [] if event.claims or event.groups else _words(book)
    evaluator: Evaluator | Certain
    if {Key("token", word.tokens[0]) for word in words} == {*anchor, *([Key("token", companion)] if companion else [])}:
        evaluator = Certain(Hit(event, (), (OTHER,)), tuple([(word.literal, word.written) for word in words]))
    else:
        evaluator = Evaluator(event, book)
    return CompiledEvent(event, tuple(anchor), companion, evaluator)


def _words(book: Rulebook) -> list[Term]:
    """The words that all have to stand in a text, where the match rule says no more than that."""
    rule = book.nodes["match"]
    terms = rule.children if isinstance(rule, And) else (rule,)
    words = [term for term in terms if isinstance(term, Term) and term == Term(term.tokens[:1])]
    return words if len(words) == len(terms) else []


def _true(rules: Iterable[tuple[str, Test]], document: Document) -> tuple[str, ...]:
    return tuple([name for name, test in rules if test(document)])
