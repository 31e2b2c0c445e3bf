"""/events and /trends/{event}: what is tracked, and how it moves, as JSON."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from schemas import TrackedEvent
from streams.ingest.times import parse_instant, to_text
from streams.trends.overview import Listing, Summary, Trend, listing, trend
from streams.web.behind import describe_behind
from streams.web.errors import refusal, reply
from streams.web.state import STATE


async def events(request: web.Request) -> web.Response:
    """The events that are shown, or will be once their first back-fill is done, by id."""
    known = await listing(request.app[STATE].catalog)
    return reply({"events": [_listed(known, each) for each in sorted({*known.serving, *known.pending})]})


async def event_trend(request: web.Request) -> web.Response:
    """One event's windows, now or at the instant `at`."""
    state = request.app[STATE]
    event_id = request.match_info["event"]
    try:
        at = parse_instant(request.query["at"]) // 1_000 if "at" in request.query else None
    except ValueError as error:
        return refusal(400, f"at: {error}")
    found = await trend(state.catalog, state.windows, event_id, at)
    if found is None:
        return refusal(404, f"no tracked event {event_id[:100]!r}; /events lists them")
    behind = await state.evidence.behind(found.summary.event, at)
    return reply({**describe(found), **describe_behind(behind)})


def describe(found: Trend) -> dict[str, Any]:
    """A trend as JSON: windows as dimension -> posts, `series` oldest first, the busiest of the last 24 hours."""
    return {
        **summarise(found.summary),
        "at": to_text(found.at * 1_000),
        "windows": found.windows,
        "top_authors": _pairs("author", found.top_authors),
        "top_texts": _pairs("text", found.top_texts),
        "top_domains": _pairs("domain", found.top_domains),
    }


def summarise(summary: Summary) -> dict[str, Any]:
    """An event at a glance as JSON."""
    return {
        "event": summary.event.id,
        "title": summary.event.title,
        "revision": summary.event.revision,
        "pending": summary.pending,
        "posts": summary.posts,
        "authors": summary.authors,
        "texts": summary.texts,
        "domains": summary.domains,
        "series": {"step": summary.series.step, "posts": summary.series.counts},
    }


def _listed(known: Listing, event_id: str) -> dict[str, Any]:
    shown, coming = known.serving.get(event_id), known.pending.get(event_id)
    event = shown or coming
    assert event is not None
    return {
        "id": event_id,
        "title": event.title,
        "revision": None if shown is None else shown.revision,
        "pending": None if coming is None else coming.revision,
        **_definition(event),
    }


def _definition(event: TrackedEvent) -> Mapping[str, Any]:
    return {"since": event.since, "claims": list(event.claims), "groups": list(event.groups)}


def _pairs(name: str, found: Any) -> list[dict[str, Any]]:
    return [{name: value, "posts": posts} for value, posts in found]
