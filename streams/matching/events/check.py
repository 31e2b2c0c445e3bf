"""What a person should know about an event's rules before they are applied."""

from dataclasses import dataclass
from typing import Final

from streams.matching.events.estimate import Cost, Estimate, cost
from streams.matching.language.normal import normal
from streams.matching.language.rulebook import Rulebook, Rules
from streams.matching.language.syntax import Field, Lemma, Reference, Term, walk

#: A match rule that is true of more than this is hardly meant so.
_NEARLY_EVERYTHING: Final = 0.2

#: The part of an event that says what X is to be asked instead of its rule: no rule need name it.
ON_X: Final = "on-x"


@dataclass(frozen=True, slots=True)
class RuleReport:
    """One rule: its normal form, terms as written, terms once parts and word forms are put in, share of records.

    `cost` is the match rule's; the others are only looked at where that one was true.
    """

    name: str
    normal: str
    terms: int
    expanded: int
    share: float
    cost: Cost | None


def check_event(event: Rules) -> list[str]:
    """Warnings about rules that may not mean what was meant. Raises `RuleError` for one that cannot be used."""
    book = Rulebook(event)
    return [
        *_too_wide(book),
        *_bare_handles(event, book),
        *_bare_outlets(event, book),
        *_unnamed_parts(event, book),
    ]


def report_event(event: Rules) -> list[RuleReport]:
    """All rules of an event as they are understood, the match rule first. Raises `RuleError`."""
    book = Rulebook(event)
    estimate = Estimate(book)
    return [
        RuleReport(
            name,
            normal(node),
            sum(isinstance(each, Term | Lemma | Field | Reference) for each in walk(node)),
            book.size(name),
            estimate.rule(name),
            cost(book) if name == "match" else None,
        )
        for name, node in book.nodes.items()
    ]


def _too_wide(book: Rulebook) -> list[str]:
    share = Estimate(book).rule("match")
    if share < _NEARLY_EVERYTHING:
        return []
    return [
        f"match: true of about {share:.0%} of all records, mostly for {cost(book).dearest}; "
        "add a term that only this event's posts have"
    ]


def _bare_handles(event: Rules, book: Rulebook) -> list[str]:
    return [
        f"groups.{name}: from:{node.key} names no platform, and a handle on another one can be "
        f"anyone's; write from:PLATFORM/{node.key}"
        for name in event.groups
        for node in walk(book.nodes[f"groups.{name}"])
        if isinstance(node, Field) and node.name == "from" and "/" not in node.key
    ]


def _bare_outlets(event: Rules, book: Rulebook) -> list[str]:
    found = []
    for name in event.groups:
        fields = [node for node in walk(book.nodes[f"groups.{name}"]) if isinstance(node, Field)]
        outlet = next((field.key for field in fields if field.name == "outlet"), None)
        if outlet is not None and Field("is", "article") not in fields and all(each.name != "kind" for each in fields):
            found.append(
                f"groups.{name}: outlet:{outlet} is true of every post that links there, too; "
                f"write (is:article outlet:{outlet}) for what the outlet says itself"
            )
    return found


def _unnamed_parts(event: Rules, book: Rulebook) -> list[str]:
    named = {node for root in book.nodes.values() for node in walk(root) if isinstance(node, Reference)}
    named.add(Reference("part", ON_X))
    return [f"parts.{name}: no rule names this part" for name in event.parts if Reference("part", name) not in named]
