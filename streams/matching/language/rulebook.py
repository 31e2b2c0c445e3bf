"""All rules of one event, parsed and checked against each other: what is named exists, nothing names itself.

Raises `RuleError` naming the rule. What a rule costs is bounded here, parts and claims put in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from streams.matching import limits
from streams.matching.language.errors import RuleError, error, shown
from streams.matching.language.leaves import term
from streams.matching.language.logic import Logic
from streams.matching.language.parser import parse
from streams.matching.language.placed import alternatives, refuse_placeless
from streams.matching.language.syntax import Field, Lemma, Near, Node, Quoted, Reference, Sentence, Term, children, walk
from streams.matching.operators import account_or_domain, nearest


class Rules(Protocol):
    """The rules of an event, as a `TrackedEvent` and its draft both hold them."""

    @property
    def match(self) -> str: ...
    @property
    def parts(self) -> Mapping[str, str]: ...
    @property
    def claims(self) -> Mapping[str, str]: ...
    @property
    def groups(self) -> Mapping[str, str]: ...
    @property
    def lists(self) -> Mapping[str, Sequence[str]]: ...
    @property
    def forms(self) -> Mapping[str, Sequence[str]]: ...


class Rulebook:
    """The trees of an event's rules by name: `match`, `parts.x`, `claims.x`, `groups.x`."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.texts: dict[str, str] = {"match": rules.match}
        for section, named in (("parts", rules.parts), ("claims", rules.claims), ("groups", rules.groups)):
            self.texts |= {f"{section}.{name}": text for name, text in named.items()}
        self.nodes: dict[str, Node] = {name: _parse(name, text) for name, text in self.texts.items()}
        self.lists = {name: _entries(name, entries) for name, entries in rules.lists.items()}
        self._forms: dict[str, tuple[Term, ...]] = {}
        self._sizes: dict[str, tuple[int, int]] = {}
        for name in self.nodes:
            self._measure(name, [], 0)
        self._refuse_senseless()

    def body(self, reference: Reference) -> Node:
        """The tree that a reference to a part or claim stands for."""
        return self.nodes[name_of(reference)]

    def size(self, name: str) -> int:
        """The number of terms of a rule once its parts and word forms are put in."""
        return self._sizes[name][1]

    def forms(self, lemma: Lemma) -> tuple[Term, ...]:
        """The terms that a lemma stands for."""
        return self._forms[lemma.key]

    def _refuse_senseless(self) -> None:
        logic = Logic(self.body)
        if logic.may_be(True, self.nodes["match"]):
            raise RuleError(
                "found a rule that is true of a post without a single word, expected at least one term that it must "
                "have; add a term outside '-' to each alternative",
                rule="match",
            )
        for name, node in self.nodes.items():
            self._refuse_any_quoted(name, node, logic)
            reason = logic.why_never(node)
            if reason:
                raise RuleError(
                    f"found {reason}: no record can match, expected a rule that one can; remove one of them", rule=name
                )

    def _refuse_any_quoted(self, name: str, node: Node, logic: Logic) -> None:
        for each in walk(node):
            if isinstance(each, Quoted) and logic.may_be(True, each.child):
                raise self._error(
                    name,
                    each.at,
                    "found quoted: around nothing that has to be there, expected a term; for all but "
                    "some quoted posts write is:quote -quoted:(…)",
                )

    def _measure(self, name: str, path: list[str], above: int) -> tuple[int, int]:
        """The depth and the number of terms of a rule that stands `above` levels deep, everything it names put in."""
        known = self._sizes.get(name)
        if known is not None:
            return known
        path.append(name)
        size = self._sizes[name] = self._size(self.nodes[name], name, path, above + 1)
        path.pop()
        return size

    def _size(self, node: Node, rule: str, path: list[str], above: int) -> tuple[int, int]:
        match node:
            case Reference():
                depth, terms = self._refer(node, rule, path, above)
            case Lemma():
                depth, terms = 0, len(self._expand(node, rule))
            case Term() | Field():
                return 1, 1
            case _:
                sizes = [self._size(child, rule, path, above + 1) for child in children(node)]
                depth, terms = max(depth for depth, _ in sizes), sum(terms for _, terms in sizes)
                if isinstance(node, Near | Sentence):
                    self._check_placed(node, rule)
        if above + depth > limits.EXPANDED_DEPTH:
            raise RuleError(
                f"found rules that name each other deeper than {limits.EXPANDED_DEPTH} levels, expected fewer; "
                "name fewer parts within parts",
                rule=rule,
            )
        if terms > limits.EXPANDED_TERMS:
            raise RuleError(
                f"found {terms:,} terms once parts and word forms are put in, expected at most "
                f"{limits.EXPANDED_TERMS:,}; name each part once",
                rule=rule,
            )
        return depth + 1, terms

    def _refer(self, node: Reference, rule: str, path: list[str], above: int) -> tuple[int, int]:
        known: Mapping[str, object]
        match node.kind:
            case "part":
                known = self.rules.parts
            case "claim":
                known = self.rules.claims
            case "list":
                known = self.rules.lists
        if node.name not in known:
            hint = nearest(node.name, known) or (
                f"; known: {', '.join(sorted(known))[:200]}" if known else "; none is defined"
            )
            if node.kind == "list" and node.name.isdigit():
                hint = "; a list on X? put its accounts into lists/NAME.txt, and write list:NAME"
            raise self._error(rule, node.at, f"found the unknown {node.kind} '{shown(node.name)}'{hint}")
        if node.kind == "list":
            return 1, 1
        name = name_of(node)
        if name in path:
            cycle = " -> ".join([*path[path.index(name) :], name])
            raise self._error(
                rule, node.at, f"found a cycle, {cycle}: expected rules that do not come back to themselves"
            )
        if above > limits.EXPANDED_DEPTH:
            raise self._error(
                rule,
                node.at,
                f"found rules that name each other deeper than {limits.EXPANDED_DEPTH} levels, "
                "expected fewer; name fewer parts within parts",
            )
        return self._measure(name, path, above)

    def _expand(self, lemma: Lemma, rule: str) -> tuple[Term, ...]:
        if lemma.key not in self._forms:
            forms = self.rules.forms.get(lemma.key)
            if not forms:
                raise self._error(
                    rule, lemma.at, f"found lemma:{shown(lemma.key)} without its forms; apply the event's file again"
                )
            self._forms[lemma.key] = tuple(replace(term(form), written=f"lemma:{lemma.key}") for form in forms)
        return self._forms[lemma.key]

    def _check_placed(self, node: Near | Sentence, rule: str) -> None:
        for argument in node.arguments:
            for each in alternatives(argument):
                if isinstance(each, Reference):
                    try:
                        self._check_part(each, set())
                    except RuleError as problem:
                        raise self._error(
                            rule, each.at, f"part '{each.name}' cannot stand here: {problem.problem}"
                        ) from None

    def _check_part(self, reference: Reference, seen: set[str]) -> None:
        if reference.name in seen:
            return
        seen.add(reference.name)
        body = self.body(reference)
        refuse_placeless(body, "near", "", 0)
        for each in alternatives(body):
            if isinstance(each, Reference):
                self._check_part(each, seen)

    def _error(self, rule: str, at: int, message: str) -> RuleError:
        return error(self.texts[rule], at, message).within(rule)


def name_of(reference: Reference) -> str:
    """The name of the rule that a reference to a part or claim stands for."""
    return f"{reference.kind}s.{reference.name}"


def _parse(name: str, text: str) -> Node:
    try:
        return parse(text)
    except RuleError as problem:
        raise problem.within(name) from None


def _entries(name: str, entries: Sequence[str]) -> tuple[Field, ...]:
    found = []
    for entry in entries:
        try:
            found.append(Field(*account_or_domain(entry)))
        except ValueError as problem:
            raise RuleError(f"found '{shown(entry)}' in the list, {problem}", rule=f"lists.{name}") from None
    return tuple(found)
