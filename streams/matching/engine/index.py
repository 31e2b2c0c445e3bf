"""What a post calls up by its words, its literals and its fields: the few rules that could be true of it.

A word calls up what asks for it and for one more word that stands there too. The cost grows with those words of a post
that rules name, not with the number of rules. Knows nothing of rules; what is called up may still be false.
"""

from collections.abc import Iterable
from typing import Generic, TypeAlias, TypeVar

from ahocorasick_rs import AhoCorasick

from schemas import Article, Post
from streams.matching.engine.anchors import Key
from streams.matching.operators import OPERATORS
from streams.matching.texts import text

Called = TypeVar("Called")

#: A key, a token without which a key that is a token calls nothing up, and what they call up.
Entry: TypeAlias = tuple[Key, str | None, Called]


#: By one more value, what is called up. In tuples, at which the collector soon stops to look: no full collection is to
#: stall for the sake of rules.
Table: TypeAlias = dict[str, tuple[Called, ...]]


class Index(Generic[Called]):
    """What records of one kind call up: those that are matched, or those that they quote. Immutable.

    One that differs little from another shares what did not change with it, so that neither making the one nor
    freeing the other takes long.
    """

    def __init__(
        self,
        entries: Iterable[Entry[Called]],
        before: "Index[Called] | None" = None,
        gone: Iterable[Entry[Called]] = (),
    ) -> None:
        """The entries, and those of `before` that are not `gone`."""
        self._by_token: dict[str, Table[Called]] = dict(before._by_token) if before else {}
        self._companions: dict[str, frozenset[str]] = dict(before._companions) if before else {}
        self._by_kind: dict[str, Table[Called]] = dict(before._by_kind) if before else {}
        own: dict[tuple[str, str], Table[Called]] = {}
        for key, companion, called in gone:
            table, value = self._own(own, key), _value(key, companion)
            table[value] = tuple([each for each in table[value] if each is not called])
            if not table[value]:
                del table[value]
        for key, companion, called in entries:
            table, value = self._own(own, key), _value(key, companion)
            table[value] = (*table.get(value, ()), called)
        for (kind, name), table in own.items():
            if kind == "token":
                self._companions[name] = frozenset(table)
            if not table and kind == "token":
                del self._by_token[name], self._companions[name]
            elif not table:
                del self._by_kind[name]
        self._words = frozenset[str]().union(*self._by_token.values(), self._by_token)
        self._by_literal = self._by_kind.get("literal", {})
        self._automaton = AhoCorasick(list(self._by_literal)) if self._by_literal else None
        self._by_value = [(OPERATORS[name].index, each) for name, each in self._by_kind.items() if name != "literal"]

    def _own(self, own: dict[tuple[str, str], Table[Called]], key: Key) -> Table[Called]:
        """The table in which a key's entry stands, copied when it is the first time that it is to be changed."""
        tables, name = (self._by_token, key.value) if key.kind == "token" else (self._by_kind, key.kind)
        table = own.get((key.kind, name))
        if table is None:
            table = own[key.kind, name] = tables[name] = dict(tables.get(name, {}))
        return table

    def __bool__(self) -> bool:
        return bool(self._by_token or self._by_kind)

    def call(self, record: Post | Article, tokens: list[str]) -> list[Called]:
        """What a record of these tokens calls up; what several keys stand for may come more than once."""
        called: list[Called] = []
        # Narrowed to what rules name at all, a text is a handful of words, and all that follows is cheap.
        words = self._words.intersection(tokens)
        companions_of = self._companions.get
        for word in words:
            companions = companions_of(word)
            if companions is not None and not companions.isdisjoint(words):
                by_companion = self._by_token[word]
                for companion in companions & words:
                    called += by_companion[companion]
        if self._automaton is not None:
            for literal in self._automaton.find_matches_as_strings(text.form(tokens), overlapping=True):
                called += self._by_literal[literal]
        for values_of, by_value in self._by_value:
            for value in values_of(record):
                called += by_value.get(value, ())
        return called


def _value(key: Key, companion: str | None) -> str:
    return companion or key.value if key.kind == "token" else key.value
