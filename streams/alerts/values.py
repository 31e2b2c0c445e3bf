"""What the functions of conditions come to at an instant, for many events in a few round trips.

`silence`, `share` and `rate` are unknown while a connector is blind, and after it for as long as more than a tenth of
the time that they look at was not seen: a count goes on, but how it compares is not known. `burst` is unknown where
there is no judgement.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from schemas import TrackedEvent
from streams.alerts.conditions import CompiledAlert, Dimension, Quantity, Values
from streams.settings import Settings
from streams.trends import WINDOWS, Windows
from streams.trends.judgements import Judgement, Judgements
from streams.trends.scripts import Client
from streams.trends.windows import Asked

UNSEEN = 0.1
"""The share of the time that a function looks at of which it may miss so much."""

EVER = 34 * 86_400
"""Seconds that `first_seen` looks back: as far as hours are kept."""

#: Events that are asked about in one round trip: some tens of milliseconds of Redis, in which others have their turns.
PORTION = 100
#: So many of them under way at once.
_AT_ONCE = 3

Spells = Sequence[tuple[int, int]]
"""Unix seconds [from, until) in which a connector was blind, in order and apart."""


@dataclass(frozen=True, slots=True)
class Asking:
    """An event and those of its alerts whose conditions are to be judged."""

    event: TrackedEvent
    alerts: Sequence[CompiledAlert]


class Readings:
    """Asks Redis for what conditions ask for."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._windows = Windows(redis, settings)
        self._judgements = Judgements(redis, settings)

    async def values(self, asking: Sequence[Asking], at: int, blind: Spells) -> list[list[Values]]:
        """For each event the values for each of its alerts, at `at` (unix seconds; now, to some seconds)."""
        portions = [asking[start : start + PORTION] for start in range(0, len(asking), PORTION)]
        found: list[list[Values]] = []
        for start in range(0, len(portions), _AT_ONCE):  # while Redis sums for one, another's answers are read here
            some = portions[start : start + _AT_ONCE]
            for values in await asyncio.gather(*(self._portion(each, at, blind) for each in some)):
                found += values
        return found

    async def _portion(self, asking: Sequence[Asking], at: int, blind: Spells) -> list[list[Values]]:
        counts = await self._counts(asking, at)
        firsts = await self._firsts(asking, counts, at)
        people = await self._people(asking, at)
        bursts = [each.event.tag for each in asking if _asks(each, "burst")]
        judgements = await self._judgements.of(bursts) if bursts else {}
        return [
            [
                _values(alert, _Known(each.event.tag, alert.rule.window, counts, firsts, people, judgements, at, blind))
                for alert in each.alerts
            ]
            for each in asking
        ]

    async def _counts(self, asking: Sequence[Asking], at: int) -> "_Counts":
        asked: list[Asked] = []
        for each in asking:
            spans: dict[int, None] = {}
            names: dict[str, None] = {}
            for alert in each.alerts:
                for quantity in alert.asks:
                    if quantity.function in ("burst", "distinct"):
                        continue
                    spans[alert.window] = None
                    if quantity.function == "rate":
                        spans[2 * alert.window] = None
                    if quantity.of is None or quantity.function == "share":
                        names["all"] = None
                    if isinstance(quantity.of, Dimension):
                        names[quantity.of.field] = None
            if names:
                asked.append((each.event.tag, list(spans), list(names)))
        return _by_span(asked, await self._windows.sums(asked, at))

    async def _firsts(self, asking: Sequence[Asking], counts: "_Counts", at: int) -> "_Counts":
        """The same over `EVER`, of what `first_seen` asks for and the window has."""
        asked: list[Asked] = []
        for each in asking:
            names = {
                quantity.of.field: None
                for alert in each.alerts
                for quantity in alert.asks
                if quantity.function == "first_seen"
                and isinstance(quantity.of, Dimension)
                and counts[each.event.tag, alert.window].get(quantity.of.field)
            }
            if names:
                asked.append((each.event.tag, [EVER], list(names)))
        return _by_span(asked, await self._windows.sums(asked, at))

    async def _people(self, asking: Sequence[Asking], at: int) -> Mapping[tuple[str, str, str], int]:
        """(tag, authors or texts, window) -> how many different ones."""
        wanted: defaultdict[tuple[Literal["authors", "texts"], str], list[str]] = defaultdict(list)
        for each in asking:
            for alert in each.alerts:
                for quantity in alert.asks:
                    if quantity.function == "distinct" and quantity.of in ("authors", "texts"):
                        wanted[quantity.of, alert.rule.window].append(each.event.tag)
        found: dict[tuple[str, str, str], int] = {}
        for (kind, window), tags in wanted.items():
            answers = await self._windows.distinct_now(tags, [kind], [window], at)
            found |= {(tag, kind, window): n for tag, by in answers.items() for n in by.values()}
        return found


def is_unseen(blind: Spells, at: int, span: int) -> bool:
    """Whether a connector is blind at `at`, or was for over a tenth of the `span` before it."""
    missed = sum(max(0, min(until, at) - max(since, at - span)) for since, until in blind)
    return missed > UNSEEN * span or any(since <= at <= until for since, until in blind)


_Counts = Mapping[tuple[str, int], Mapping[str, int]]
"""(tag, span) -> dimension -> posts."""


@dataclass(frozen=True, slots=True)
class _Known:
    tag: str
    window: str
    counts: _Counts
    firsts: _Counts
    people: Mapping[tuple[str, str, str], int]
    judgements: Mapping[str, Judgement]
    at: int
    blind: Spells

    def count(self, quantity: Quantity, widths: int = 1, *, of_all: bool = False) -> int:
        name = quantity.of.field if isinstance(quantity.of, Dimension) and not of_all else "all"
        return self.counts[self.tag, widths * WINDOWS[self.window]].get(name, 0)

    def is_seen(self, widths: int = 1) -> bool:
        return not is_unseen(self.blind, self.at, widths * WINDOWS[self.window])


def _values(alert: CompiledAlert, known: _Known) -> Values:
    return {quantity: _value(quantity, known) for quantity in alert.asks}


def _value(quantity: Quantity, known: _Known) -> float | None:
    match quantity.function:
        case "count":
            return known.count(quantity)
        case "rate":
            now, both = known.count(quantity), known.count(quantity, 2)
            return now / max(both - now, 1) if known.is_seen(2) else None
        case "share":
            whole = known.count(quantity, of_all=True)
            share = known.count(quantity) / whole if whole else 0.0
            return share if known.is_seen() else None
        case "silence":
            return float(known.count(quantity) == 0) if known.is_seen() else None
        case "first_seen":
            n = known.count(quantity)
            name = quantity.of.field if isinstance(quantity.of, Dimension) else ""
            return float(n > 0 and known.firsts[known.tag, EVER].get(name, 0) == n)
        case "distinct":
            return known.people[known.tag, str(quantity.of), known.window]
        case "burst":
            judgement = known.judgements.get(known.tag)
            return None if judgement is None or judgement.blind else judgement.burst


def _asks(asking: Asking, function: str) -> bool:
    return any(quantity.function == function for alert in asking.alerts for quantity in alert.asks)


def _by_span(asked: Sequence[Asked], answers: Sequence[Sequence[Mapping[str, int]]]) -> _Counts:
    return {
        (tag, span): counts
        for (tag, spans, _), by_span in zip(asked, answers, strict=True)
        for span, counts in zip(spans, by_span, strict=True)
    }
