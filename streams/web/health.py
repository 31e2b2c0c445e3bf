"""/healthz: the loop turns. /readyz: Redis answers, and all events have been read once."""

import asyncio

from aiohttp import web

from streams.connections import REDIS_AWAY, redis_address
from streams.web.errors import reply
from streams.web.state import STATE

#: Seconds in which Redis has to answer.
ANSWER_LIMIT = 3.0


async def healthz(request: web.Request) -> web.Response:
    """200 as long as anything is answered at all."""
    return reply({"ok": True})


async def readyz(request: web.Request) -> web.Response:
    """200 with the number of tracked events, or 503 with what is missing."""
    state = request.app[STATE]
    try:
        async with asyncio.timeout(ANSWER_LIMIT):
            events = await state.catalog.serving()
    except (*REDIS_AWAY, TimeoutError):
        trouble = f"Redis at {redis_address(state.settings)} (TOCSIN_REDIS) does not answer"
        return reply({"ok": False, "error": trouble}, 503)
    if not state.scrapes.is_ready:
        return reply({"ok": False, "error": f"the {len(events)} events are being read for the first time"}, 503)
    return reply({"ok": True, "events": len(events)})
