"""An event's alerts, each parsed and held against the event: the claims and groups that it names exist.

Raises `RuleError` naming the alert, `alerts.NAME`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, lru_cache
from hashlib import blake2b
from typing import Protocol

from schemas import AlertRule
from schemas.event import OTHER
from streams.alerts.conditions.functions import BareName
from streams.alerts.conditions.meaning import needs_posts
from streams.alerts.conditions.parser import parse
from streams.alerts.conditions.syntax import Condition, Dimension, Quantity, quantities
from streams.matching import RuleError
from streams.matching.language.errors import error, shown
from streams.matching.operators import nearest
from streams.settings import parse_duration
from streams.trends import WINDOWS


class Described(Protocol):
    """An event, as a `TrackedEvent` and its draft both hold it."""

    @property
    def claims(self) -> Mapping[str, str]: ...
    @property
    def groups(self) -> Mapping[str, str]: ...
    @property
    def alerts(self) -> Sequence[AlertRule]: ...


@dataclass(frozen=True)
class CompiledAlert:
    """An alert ready to be evaluated; `must_hold` and `cooldown` are seconds."""

    rule: AlertRule
    condition: Condition

    @cached_property
    def asks(self) -> tuple[Quantity, ...]:
        """The functions that its condition asks for."""
        return quantities(self.condition)

    @cached_property
    def needs_posts(self) -> bool:
        """Whether nothing but a new post can make its condition true."""
        return needs_posts(self.condition)

    @cached_property
    def window(self) -> int:
        """Seconds of its window."""
        return WINDOWS[self.rule.window]

    @cached_property
    def must_hold(self) -> int:
        """Seconds for which the condition must hold."""
        return parse_duration(self.rule.for_) if self.rule.for_ else 0

    @cached_property
    def cooldown(self) -> int:
        """Seconds after ringing in which it does not ring again."""
        return parse_duration(self.rule.cooldown) if self.rule.cooldown else 0

    @cached_property
    def mark(self) -> str:
        """Eight hex digits that change with what its condition means."""
        return blake2b(f"{self.rule.when}\n{self.rule.window}".encode(), digest_size=4).hexdigest()


def compile_alerts(event: Described) -> tuple[CompiledAlert, ...]:
    """All alerts of an event. Raises `RuleError` for the first that cannot be used."""
    names: set[str] = set()
    for rule in event.alerts:
        if rule.name in names:
            raise RuleError(
                "found a second alert of this name, expected each once; rename one", rule=f"alerts.{rule.name}"
            )
        names.add(rule.name)
    return tuple(compile_alert(rule, event) for rule in event.alerts)


def compile_alert(rule: AlertRule, event: Described) -> CompiledAlert:
    """One alert of an event. Raises `RuleError`."""
    try:
        alert = CompiledAlert(rule, _parsed(rule.when))
        for each in alert.asks:
            if isinstance(each.of, Dimension):
                _refuse_unknown(rule.when, each.of, event)
    except BareName as problem:
        said = f"{problem.problem}{_qualified(problem, event)}"
        raise RuleError(said, problem.column, line=problem.line, rule=f"alerts.{rule.name}") from None
    except RuleError as problem:
        raise problem.within(f"alerts.{rule.name}") from None
    return alert


@lru_cache(maxsize=4_096)
def _parsed(condition: str) -> Condition:
    return parse(condition)


def _refuse_unknown(text: str, of: Dimension, event: Described) -> None:
    if of.kind == "claim" and of.name not in event.claims:
        raise error(text, of.at, _unknown("claim", of.name, event.claims))
    groups = [*event.groups, OTHER]
    group = of.name if of.kind == "group" else of.group
    if group and group not in groups:
        raise error(text, of.group_at if of.group else of.at, _unknown("group", group, groups))


def _qualified(found: BareName, event: Described) -> str:
    """What a name without its kind is meant for, by the event's claims and groups."""
    known = {name: f"claim:{name}" for name in event.claims} | {
        name: f"group:{name}" for name in [*event.groups, OTHER]
    }
    if found.name in event.claims and found.name in event.groups:
        return f"; write {found.function}(claim:{found.name}) or {found.function}(group:{found.name})"
    near = get_close_matches(found.name, known, n=1)
    return f"; write {found.function}({known[near[0]]})" if near else ""


def _unknown(kind: str, name: str, known: Sequence[str] | Mapping[str, str]) -> str:
    hint = nearest(name, known) or (f"; known: {', '.join(sorted(known))[:200]}" if known else "; none is defined")
    return f"found the unknown {kind} '{shown(name)}', expected one of the event{hint}"
