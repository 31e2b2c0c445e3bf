"""/events and /trends/{event}: what is tracked, and how it moves, as JSON."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from schemas import TrackedEvent
from streams.ingest.times import parse_instant
from streams.trends.outlook import SPANS
from streams.trends.overview import Listing, listing, trend
from streams.web.behind import describe_behind
from streams.web.errors import refusal, reply
from streams.web.figures import describe, describe_judgement
from streams.web.state import STATE


async def events(request: web.Request) -> web.Response:
    """The events that are shown, or will be once their first back-fill is done, by id."""
    state = request.app[STATE]
    known = await listing(state.catalog, state.outlook)
    return reply({"events": [_listed(known, each) for each in sorted({*known.serving, *known.pending})]})


async def event_trend(request: web.Request) -> web.Response:
    """One event's windows and judgement, now or at the instant `at`; with `series`, its curve over that span."""
    state = request.app[STATE]
    event_id = request.match_info["event"]
    try:
        at = parse_instant(request.query["at"]) // 1_000 if "at" in request.query else None
    except ValueError as error:
        return refusal(400, f"at: {error}")
    span = request.query.get("series")
    if span is not None and span not in SPANS:
        return refusal(400, f"series: expected one of {', '.join(SPANS)}, found {span[:100]!r}")
    found = await trend(state.catalog, state.windows, event_id, at, state.outlook, span)
    if found is None:
        return refusal(404, f"no tracked event {event_id[:100]!r}; /events lists them")
    behind = await state.evidence.behind(found.summary.event, at)
    return reply({**describe(found), **describe_behind(behind)})


def _listed(known: Listing, event_id: str) -> dict[str, Any]:
    shown, coming = known.serving.get(event_id), known.pending.get(event_id)
    event = shown or coming
    assert event is not None
    return {
        "id": event_id,
        "title": event.title,
        "revision": None if shown is None else shown.revision,
        "pending": None if coming is None else coming.revision,
        "judgement": None if shown is None else describe_judgement(known.judgements.get(shown.tag)),
        **_definition(event),
    }


def _definition(event: TrackedEvent) -> Mapping[str, Any]:
    return {"since": event.since, "claims": list(event.claims), "groups": list(event.groups)}
