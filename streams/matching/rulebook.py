"""All rules of one event, parsed and checked against each other: what is named exists, nothing names itself.

Raises `RuleError` naming the rule. What a rule costs is bounded here, parts and claims put in.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from streams.matching import limits
from streams.matching.errors import RuleError
from streams.matching.lexer import error, shown
from streams.matching.operators import account_or_domain, nearest
from streams.matching.parser import parse, refuse_in_near
from streams.matching.syntax import And, Field, Near, Node, Not, Or, Reference


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


class Rulebook:
    """The trees of an event's rules by name: `match`, `parts.x`, `claims.x`, `groups.x`."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.texts: dict[str, str] = {"match": rules.match}
        for section, named in (("parts", rules.parts), ("claims", rules.claims), ("groups", rules.groups)):
            self.texts |= {f"{section}.{name}": text for name, text in named.items()}
        self.nodes: dict[str, Node] = {name: _parse(name, text) for name, text in self.texts.items()}
        self.lists = {name: _entries(name, entries) for name, entries in rules.lists.items()}
        self._sizes: dict[str, tuple[int, int]] = {}
        for name in self.nodes:
            self._measure(name, [], 0)
        if self.is_always_true("match"):
            raise RuleError(
                "found a rule that is true of a post without a single word, expected at least one term that it must "
                "have; add a term outside '-' to each alternative",
                rule="match",
            )

    def body(self, reference: Reference) -> Node:
        """The tree that a reference to a part or claim stands for."""
        return self.nodes[name_of(reference)]

    def is_always_true(self, name: str) -> bool:
        """Whether the rule is true of an empty record: nothing it asks for has to be there."""
        return self._holds_of_nothing(self.nodes[name])

    def _holds_of_nothing(self, node: Node) -> bool:
        match node:
            case Not(child):
                return not self._holds_of_nothing(child)
            case And(children):
                return all(map(self._holds_of_nothing, children))
            case Or(children):
                return any(map(self._holds_of_nothing, children))
            case Reference("part" | "claim"):
                return self._holds_of_nothing(self.body(node))
            case _:
                return False

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
            case Not(child):
                depth, terms = self._size(child, rule, path, above + 1)
            case And(children) | Or(children) | Near(_, children):
                sizes = [self._size(child, rule, path, above + 1) for child in children]
                depth, terms = max(depth for depth, _ in sizes), sum(terms for _, terms in sizes)
                if isinstance(node, Near):
                    self._check_near(node, rule)
            case Reference():
                depth, terms = self._refer(node, rule, path, above)
            case _:
                return 1, 1
        if above + depth > limits.EXPANDED_DEPTH:
            raise RuleError(
                f"found rules that name each other deeper than {limits.EXPANDED_DEPTH} levels, expected fewer; "
                "name fewer parts within parts",
                rule=rule,
            )
        if terms > limits.EXPANDED_TERMS:
            raise RuleError(
                f"found {terms:,} terms once parts are put in, expected at most {limits.EXPANDED_TERMS:,}; "
                "name each part once",
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

    def _check_near(self, node: Near, rule: str) -> None:
        for argument in node.arguments:
            for each in argument.children if isinstance(argument, Or) else (argument,):
                if isinstance(each, Reference):
                    try:
                        self._check_part_in_near(each, set())
                    except RuleError as problem:
                        raise self._error(
                            rule, each.at, f"part '{each.name}' cannot stand here: {problem.problem}"
                        ) from None

    def _check_part_in_near(self, reference: Reference, seen: set[str]) -> None:
        if reference.name in seen:
            return
        seen.add(reference.name)
        body = self.body(reference)
        refuse_in_near(body, "", 0)
        for each in body.children if isinstance(body, Or) else (body,):
            if isinstance(each, Reference):
                self._check_part_in_near(each, seen)

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
