"""An event's numbers, as JSON: `/trends`, `/trends/{event}` and `tocsin trends --json` share it.

Knows what `trends` found; knows no request, and asks nobody.
"""

from typing import Any

import msgspec

from streams.ingest.times import to_text
from streams.trends.judgements import Judgement
from streams.trends.outlook import Curve
from streams.trends.overview import Summary, Trend


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
        "judgement": describe_judgement(summary.judgement),
    }


def describe_judgement(judgement: Judgement | None) -> dict[str, Any] | None:
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


def _pairs(name: str, found: Any) -> list[dict[str, Any]]:
    return [{name: value, "posts": posts} for value, posts in found]
