"""Many events against one record: finds the few rules that could be true, evaluates only those.

A rule is found by its anchor: single words by set intersection (whose cost does not grow with the number of rules),
prefixes and phrases of short tokens by one Aho-Corasick pass, operators by the record's own values; one more token that
it needs is looked up before it is evaluated. Claims and groups are evaluated on what matched.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

from ahocorasick_rs import AhoCorasick

from schemas import Article, Post, Span, TrackedEvent
from streams.matching import fields, text
from streams.matching.anchors import Anchors, usage
from streams.matching.compiler import Compiler, Test
from streams.matching.document import Document, read
from streams.matching.explain import Explainer, Witness, locate
from streams.matching.operators import OPERATORS
from streams.matching.rulebook import Rulebook

#: The group of a record that is in none of an event's groups.
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Hit:
    """A record matched an event: the claims and groups it is in, in the event's order; ("other",) when in no group."""

    event: TrackedEvent
    claims: tuple[str, ...]
    groups: tuple[str, ...]


class Matcher:
    """The compiled rules of some events. Immutable: a change of events makes a new one."""

    def __init__(self, events: Sequence[TrackedEvent]) -> None:
        self.events = tuple(events)
        books = [Rulebook(event) for event in self.events]
        anchors = Anchors(Counter(token for book in books for token in usage(book)))
        self._compiled = [
            _Compiled(number, event, book) for number, (event, book) in enumerate(zip(self.events, books, strict=True))
        ]
        self._by_tag = {compiled.event.tag: compiled for compiled in self._compiled}
        buckets: dict[str, dict[str, list[Candidate]]] = {}
        for compiled in self._compiled:
            anchor = anchors.of(compiled.book)
            candidate = (anchors.companion(compiled.book, anchor) or _NOTHING, compiled)
            for key in anchor:
                buckets.setdefault(key.kind, {}).setdefault(key.value, []).append(candidate)
        by_kind = {kind: {value: _bucket(each) for value, each in values.items()} for kind, values in buckets.items()}
        self._by_token = by_kind.pop("token", {})
        self._tokens = frozenset(self._by_token)
        by_literal = by_kind.pop("literal", {})
        self._by_literal = list(by_literal.values())
        self._automaton = AhoCorasick(list(by_literal)) if by_literal else None
        self._by_value = [(OPERATORS[name].read, values) for name, values in by_kind.items()]

    def match(self, record: Post | Article) -> list[Hit]:
        """The events that the record matches, in the order of `events`."""
        texts = fields.texts(record)
        tokens = read(texts)
        buckets = self._anchored(record, tokens)
        if not buckets:
            return []
        present = {_NOTHING, *tokens}
        candidates: list[_Compiled] = []
        for companions, rules in buckets:
            if not companions.isdisjoint(present):
                candidates += [compiled for companion, compiled in rules if companion in present]
        if not candidates:
            return []
        document = Document(record, texts, tokens)
        hits = [compiled for compiled in set(candidates) if compiled.test(document)]
        if len(hits) > 1:
            hits.sort(key=_number)
        return [compiled.hit(document) for compiled in hits]

    def _anchored(self, record: Post | Article, tokens: list[str]) -> list["Bucket"]:
        by_token = self._by_token
        found = [by_token[token] for token in self._tokens.intersection(tokens)]
        if self._automaton is not None:
            literals = self._automaton.find_matches_as_indexes(text.form(tokens), overlapping=True)
            found += [self._by_literal[literal] for literal, _, _ in literals]
        for read_values, values in self._by_value:
            found += [values[value] for value in read_values(record) if value in values]
        return found

    def explain(self, record: Post | Article, hit: Hit) -> tuple[Span, ...]:
        """The words that made the hit, of the match rule and of its claims and groups, in reading order."""
        texts = fields.texts(record)
        document = Document(record, texts, read(texts))
        return locate(self._by_tag[hit.event.tag].witnesses(document, hit), texts)


#: A rule to evaluate, and a token that it needs besides its anchor; `_NOTHING` when it needs none.
Candidate: TypeAlias = tuple[str, "_Compiled"]
_NOTHING: Final = ""


#: The tokens of which one must be there for any rule anchored on a key to be true, and those rules.
Bucket: TypeAlias = tuple[frozenset[str], tuple[Candidate, ...]]


def _bucket(candidates: list[Candidate]) -> Bucket:
    return frozenset(companion for companion, _ in candidates), tuple(candidates)


class _Compiled:
    """One event, ready to evaluate. What explains it is compiled when first asked for."""

    def __init__(self, number: int, event: TrackedEvent, book: Rulebook) -> None:
        self.number = number
        self.event = event
        self.book = book
        self._plain = Hit(event, (), (OTHER,))
        self._compiler = Compiler(book)
        self.test: Test = self._compiler.rule("match")
        self._claims = [(name, self._compiler.rule(f"claims.{name}")) for name in event.claims]
        self._groups = [(name, self._compiler.rule(f"groups.{name}")) for name in event.groups]

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(self.book, self._compiler)

    def hit(self, document: Document) -> Hit:
        if not self._claims and not self._groups:
            return self._plain
        return Hit(self.event, _true(self._claims, document), _true(self._groups, document) or (OTHER,))

    def witnesses(self, document: Document, hit: Hit) -> set[Witness]:
        rules = ["match", *(f"claims.{name}" for name in hit.claims)]
        rules += [f"groups.{name}" for name in hit.groups if name in self.event.groups]
        return {witness for rule in rules for witness in self._explainer.rule(rule)(document)}


def _true(rules: Iterable[tuple[str, Test]], document: Document) -> tuple[str, ...]:
    return tuple([name for name, test in rules if test(document)])


def _number(compiled: _Compiled) -> int:
    return compiled.number
