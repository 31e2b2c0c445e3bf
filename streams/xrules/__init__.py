"""Our rules in X's language: for each event the rules whose posts contain every post of X that the event matches.

What X's language lacks (prefixes, nearness) is left out where that widens a rule; the matcher decides afterwards. An
event may say in a part of its own, `on-x`, what X is to be asked instead. Pure. Two things X reads more narrowly than
we do, and no rule can mend that: it compares accents as they are written, and finds no words in a quoted post's text.
"""

from schemas import TrackedEvent
from streams.ingest.x.rules import TAG, Rule
from streams.matching.events.check import ON_X
from streams.matching.language.rulebook import Rulebook
from streams.xrules.fitting import LONGEST, MOST, fitted
from streams.xrules.translation import wider
from streams.xrules.wide import NOTHING, stands_alone

__all__ = ["LONGEST", "MOST", "Untranslatable", "rules_of"]


class Untranslatable(Exception):
    """The event has no rule on X; the message says why, in one line."""


def rules_of(event: TrackedEvent, longest: int = LONGEST) -> list[Rule]:
    """X's rules for an event, each with the event's tag. Raises `Untranslatable`, or `RuleError` for a rule of ours."""
    book = Rulebook(event)
    wide = wider(book.nodes.get(f"parts.{ON_X}", book.nodes["match"]), book)
    if wide == NOTHING:
        raise Untranslatable(f"the event {event.id!r} matches nothing on X: it is left out of X's rules")
    values = fitted(wide, longest) if stands_alone(wide) else []
    if not values:
        raise Untranslatable(
            f"the event {event.id!r} has no rule on X: one alternative of its rule has no word, phrase, tag, link or "
            f"account that X must find (X knows no prefixes such as kursk*); say what X is to be asked in a part {ON_X}"
        )
    if len(values) > MOST:
        raise Untranslatable(
            f"the event {event.id!r} would take {len(values)} rules of {longest} characters on X, {MOST} are the most: "
            f"write a shorter one, for X to be asked, in a part {ON_X}"
        )
    return [Rule(value, TAG + event.id) for value in values]
