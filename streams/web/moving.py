"""GET /trends: all events at a glance, what swells first, which alerts ring, and which connectors see nothing.

Many browsers ask every few seconds, and all get the same answer: Redis is asked as often as it has ten times the time
to rest.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from schemas.connector import Connector
from streams.alerts.overview import Standing, standing
from streams.ingest.times import to_text
from streams.trends.connectors import Connectors, blind_since
from streams.trends.overview import Listing, listing, overview, surge
from streams.web.errors import reply
from streams.web.figures import summarise
from streams.web.state import STATE, State

#: Events that are described, busiest first.
MOST = 200
#: Seconds for which an answer is good, at least.
KEEP = 2.0
#: So many times as long as asking took, an answer is good: ten thousand events may not keep Redis busy.
REST = 10


def endpoint() -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler, with the answer that it keeps."""
    asking = asyncio.Lock()
    kept: Mapping[str, Any] = {}
    good_until = float("-inf")

    async def trends(request: web.Request) -> web.Response:
        nonlocal kept, good_until
        async with asking:
            began = time.monotonic()
            if began > good_until:
                kept = await _ask(request.app[STATE])
                done = time.monotonic()
                good_until = done + max(KEEP, REST * (done - began))
        return reply(kept)

    return trends


async def _ask(state: State) -> Mapping[str, Any]:
    known = await listing(state.catalog)
    found = await overview(state.catalog, state.windows, None, state.outlook, MOST)
    rings = [each for each in await standing(state.redis.client, state.settings) if each.phase == "firing"]
    reports = await Connectors(state.redis.client, state.settings).reports()
    now = time.time()
    return {
        "at": to_text(int(now * 1_000)),
        "tracked": len(known.serving),
        "coming": [
            {"event": each, "title": known.pending[each].title} for each in sorted(known.pending.keys() - known.serving)
        ],
        "events": [summarise(each) for each in sorted(found, key=lambda each: -surge(each.judgement))],
        "alerts": [_firing(each, known) for each in rings],
        "connectors": [_connector(each, now) for each in sorted(reports.values(), key=lambda each: each.connector)],
    }


def _firing(each: Standing, known: Listing) -> Mapping[str, Any]:
    event = known.serving.get(each.event)
    condition = next((rule.when for rule in event.alerts if rule.name == each.alert), None) if event else None
    return {
        "event": each.event,
        "alert": each.alert,
        "at": to_text((each.rang or each.since) * 1_000),
        "condition": condition,
    }


def _connector(report: Connector, now: float) -> Mapping[str, Any]:
    since = blind_since(report, now)
    return {
        "connector": report.connector,
        "platform": report.platform,
        "blind_since": None if since is None else to_text(int(since.timestamp() * 1_000)),
    }
