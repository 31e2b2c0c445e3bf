"""What a person should know about an event's rules before they are applied."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from streams.matching.events.estimate import Cost, Estimate, cost
from streams.matching.events.habits import habits
from streams.matching.language.normal import normal
from streams.matching.language.rulebook import Rulebook, Rules
from streams.matching.language.syntax import Field, Lemma, Reference, Term, walk

#: A match rule that is true of more than this is hardly meant so.
_NEARLY_EVERYTHING: Final = 0.2

#: What people call a platform -> what its connector does.
_PLATFORMS: Final = {
    "twitter": "x",
    "tg": "telegram",
    "fb": "facebook",
    "bsky": "bluesky",
    "truth": "truthsocial",
    "vkontakte": "vk",
}
_DOMAIN: Final = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}")
#: Operators whose value is an account, PLATFORM/HANDLE.
_ACCOUNTS: Final = frozenset({"from", "to", "retweets_of"})

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
        *habits(book),
        *(f"{name}: {said}" for name, node in _fields(book) for said in _never_seen(node)),
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


def _fields(book: Rulebook) -> Iterator[tuple[str, Field]]:
    return (
        (name, node)
        for name, root in book.nodes.items()
        for node in dict.fromkeys(walk(root))
        if isinstance(node, Field)
    )


def _never_seen(node: Field) -> Iterator[str]:
    """What is wrong with a value that no record will ever have."""
    written = f"{node.name}:{node.key}"
    platform, _, account = node.key.rpartition("/") if node.name in _ACCOUNTS else (node.key, "", "")
    if node.name in {"platform", *_ACCOUNTS} and platform in _PLATFORMS:
        instead = node.key.replace(platform, _PLATFORMS[platform], 1)
        yield f"{written} is no platform's name that a connector gives; write {node.name}:{instead}"
    if "*" in account:
        yield f"{written} names one account, in which * is a letter; name each, or a list of them"
    if node.name == "lang" and len(node.key.partition("-")[0]) > 3:
        yield f"{written} is no language's code; write one such as lang:en, lang:ru, lang:ar"
    if node.name == "source" and _DOMAIN.fullmatch(node.key):
        yield f"{written} is no program that posts are written with; write outlet:{node.key} for what an outlet says"


def _unnamed_parts(event: Rules, book: Rulebook) -> list[str]:
    named = {node for root in book.nodes.values() for node in walk(root) if isinstance(node, Reference)}
    named.add(Reference("part", ON_X))
    return [f"parts.{name}: no rule names this part" for name in event.parts if Reference("part", name) not in named]
