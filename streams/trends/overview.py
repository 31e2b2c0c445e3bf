"""The read model of trends: what the API, `tocsin trends` and the demo show of all events, or of one.

Asks Redis through the catalog and the windows; knows neither HTTP nor a terminal.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import product

from schemas import TrackedEvent
from streams.trends import WINDOWS, Catalog, NotKept, Windows
from streams.trends.judgements import Judgement
from streams.trends.outlook import Curve, Outlook
from streams.trends.windows import Kind

#: Windows over which different people and texts are counted.
PEOPLE_WINDOWS = ("1h", "24h")
#: What is counted by how many different ones there are.
PEOPLE: tuple[Kind, ...] = ("authors", "texts", "domains")
#: Busiest authors, texts and domains that are listed.
TOP = 10
#: Events that are asked about in one round trip: keeps Redis' answer small.
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Series:
    """Posts a bucket of `step` seconds, oldest first; the last bucket holds the instant that was asked about."""

    step: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """One event at a glance. `posts` lacks a window that is shorter than the buckets still kept of that time; authors,
    texts and domains lack one that reaches back further than they are kept."""

    event: TrackedEvent
    pending: str | None
    """The revision that is being back-filled and will take over."""
    posts: Mapping[str, int]
    authors: Mapping[str, int]
    texts: Mapping[str, int]
    domains: Mapping[str, int]
    series: Series
    judgement: Judgement | None = None
    """None where too little of its past was seen, or nobody judges."""


@dataclass(frozen=True, slots=True)
class Trend:
    """One event: each window by dimension, and the busiest of the last 24 hours as (value, posts), while kept."""

    summary: Summary
    at: int
    windows: Mapping[str, Mapping[str, int]]
    top_authors: Sequence[tuple[str, int]]
    top_texts: Sequence[tuple[str, int]]
    top_domains: Sequence[tuple[str, int]]
    curve: Curve | None = None

    def members(self, dimension: str) -> list[str]:
        """Names under a dimension (`platform`, `claim` …), busiest of the longest window first."""
        widest = next((self.windows[name] for name in reversed(WINDOWS) if name in self.windows), {})
        start = f"{dimension}:"
        found = [(-n, name.removeprefix(start)) for name, n in widest.items() if name.startswith(start)]
        return [name for _, name in sorted(found)]


@dataclass(frozen=True, slots=True)
class Listing:
    """What is tracked: the revisions that readers are shown, and those being back-filled, by event id."""

    serving: Mapping[str, TrackedEvent]
    pending: Mapping[str, TrackedEvent]
    judgements: Mapping[str, Judgement] = field(default_factory=dict)
    """By tag of the revisions that are shown."""


async def listing(catalog: Catalog, outlook: Outlook | None = None, at: int | None = None) -> Listing:
    """Which revisions serve and which are coming; with an `outlook`, how the ones are judged."""
    serving, pending = await catalog.serving(), await catalog.pending()
    return Listing(serving, pending, await outlook.judgements([*serving.values()], at) if outlook else {})


async def overview(
    catalog: Catalog,
    windows: Windows,
    at: int | None = None,
    outlook: Outlook | None = None,
    most: int | None = None,
) -> list[Summary]:
    """All events that are shown, busiest of the last hour first, at `at` (unix seconds; None: now).

    Or the `most` busiest of them, and before those the ones that surge.
    """
    known = await listing(catalog, outlook, at)
    events = list(known.serving.values())
    if most is not None and len(events) > most:
        events = await _foremost(known, windows, events, at, most)
    summaries = []
    for start in range(0, len(events), AT_ONCE):
        some = events[start : start + AT_ONCE]
        counts = await windows.many([event.tag for event in some], at=at)
        summaries += await _summaries(known, windows, some, counts, at)
    return sorted(summaries, key=lambda each: (-each.posts.get("1h", 0), -each.posts.get("24h", 0), each.event.id))


async def trend(
    catalog: Catalog,
    windows: Windows,
    event_id: str,
    at: int | None = None,
    outlook: Outlook | None = None,
    span: str | None = None,
) -> Trend | None:
    """One event at `at`, with a curve of one of `SPANS` if asked for; None where no such event is shown."""
    known = await listing(catalog)
    event = known.serving.get(event_id)
    if event is None:
        return None
    if outlook is not None:
        known = replace(known, judgements=await outlook.judgements([event], at))
    instant = int(time.time()) if at is None else at
    counts = await windows.many([event.tag], at=instant)
    (summary,) = await _summaries(known, windows, [event], counts, at)
    return Trend(
        summary=summary,
        at=instant,
        windows=counts[event.tag],
        top_authors=await _top(windows, event.tag, "authors", at),
        top_texts=await _top(windows, event.tag, "texts", at),
        top_domains=await _top(windows, event.tag, "domains", at),
        curve=await outlook.curve(event, span, at) if outlook and span else None,
    )


async def _foremost(
    known: Listing, windows: Windows, events: Sequence[TrackedEvent], at: int | None, most: int
) -> list[TrackedEvent]:
    """Those that surge or have the most posts: an event's series and people cost more to ask for than its windows."""
    ranks: dict[str, tuple[float, int, int]] = {}
    for start in range(0, len(events), AT_ONCE):
        tags = [event.tag for event in events[start : start + AT_ONCE]]
        for tag, found in (await windows.many(tags, ("1h", "24h"), at)).items():
            posts = found.get("1h", {}).get("all", 0), found.get("24h", {}).get("all", 0)
            ranks[tag] = (surge(known.judgements.get(tag)), *posts)
    return sorted(events, key=lambda each: ranks[each.tag], reverse=True)[:most]


def surge(judgement: Judgement | None) -> float:
    """The score of the surge that runs; 0 where none does."""
    return judgement.burst if judgement is not None and judgement.detected_at is not None else 0


async def _summaries(
    known: Listing,
    windows: Windows,
    events: Sequence[TrackedEvent],
    counts: Mapping[str, Mapping[str, Mapping[str, int]]],
    at: int | None,
) -> list[Summary]:
    """What a glance shows of these events, of which the `counts` of all windows are known."""
    tags = [event.tag for event in events]
    people = await _people(windows, tags, at)
    curves = await asyncio.gather(*(_series(windows, tag, at) for tag in tags))
    return [
        Summary(
            event=event,
            pending=known.pending[event.id].revision if event.id in known.pending else None,
            posts={window: found.get("all", 0) for window, found in counts[event.tag].items()},
            authors=_of(people[event.tag], "authors"),
            texts=_of(people[event.tag], "texts"),
            domains=_of(people[event.tag], "domains"),
            series=curve,
            judgement=known.judgements.get(event.tag),
        )
        for event, curve in zip(events, curves, strict=True)
    ]


async def _people(
    windows: Windows, tags: Sequence[str], at: int | None
) -> Mapping[str, Mapping[tuple[Kind, str], int]]:
    if at is None:
        return await windows.distinct_now(tags, PEOPLE, PEOPLE_WINDOWS)
    found: dict[str, dict[tuple[Kind, str], int]] = {tag: {} for tag in tags}
    for tag, counts in found.items():
        for kind, window in product(PEOPLE, PEOPLE_WINDOWS):
            with suppress(NotKept):
                counts[kind, window] = await windows.distinct(tag, kind, window, at)
    return found


def _of(people: Mapping[tuple[Kind, str], int], kind: Kind) -> Mapping[str, int]:
    return {window: n for (of, window), n in people.items() if of == kind}


async def _top(windows: Windows, tag: str, kind: Kind, at: int | None) -> Sequence[tuple[str, int]]:
    try:
        return await windows.top(tag, kind, "24h", at, TOP)
    except NotKept:
        return []


async def _series(windows: Windows, tag: str, at: int | None) -> Series:
    # Minutes are kept for 25 h, so an hour of them of any instant in the last day.
    step, n = (60, 60) if at is None or at > time.time() - 86_400 else (3_600, 24)
    return Series(step, tuple(await windows.series(tag, step, n, at)))
