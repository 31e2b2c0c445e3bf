"""/events and /trends/{event}: what is tracked, and how it moves, as JSON."""

from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

from schemas import TrackedEvent
from streams.ingest.times import parse_instant, to_text
from streams.trends.judgements import Judgement
from streams.trends.outlook import SPANS, Curve
from streams.trends.overview import Listing, Summary, Trend, listing, trend
from streams.web.behind import describe_behind
from streams.web.errors import refusal, reply
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


def describe(found: Trend) -> dict[str, Any]:
    """A trend as JSON: windows as dimension -> posts, `series` oldest first, the busiest of the last 24 hours."""
    curve = {} if found.curve is None else {"curve": _curve(found.curve)}
    return {
        **summarise(found.summary),
        **curve,
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
        "judgement": _judgement(summary.judgement),
    }


def _judgement(judgement: Judgement | None) -> dict[str, Any] | None:
    """The last hour judged; null where too little of the past was seen, or nobody judges."""
    if judgement is None:
        return None
    at = judgement.detected_at
    times = {"minute": to_text(judgement.minute * 1_000), "detected_at": None if at is None else to_text(at * 1_000)}
    return msgspec.structs.asdict(judgement) | times


def _curve(curve: Curve) -> dict[str, Any]:
    """A curve: what each step brought and should have brought, oldest first, null where that is not known."""
    return {
        "step": curve.step,
        "start": to_text(curve.start * 1_000),
        "posts": curve.posts,
        "expected": curve.expected,
        "lower": curve.lower,
        "upper": curve.upper,
        "blind": [[to_text(begin * 1_000), to_text(until * 1_000)] for begin, until in curve.blind],
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
        "judgement": None if shown is None else _judgement(known.judgements.get(shown.tag)),
        **_definition(event),
    }


def _definition(event: TrackedEvent) -> Mapping[str, Any]:
    return {"since": event.since, "claims": list(event.claims), "groups": list(event.groups)}


def _pairs(name: str, found: Any) -> list[dict[str, Any]]:
    return [{name: value, "posts": posts} for value, posts in found]
