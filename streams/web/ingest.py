"""POST /ingest/posts and /ingest/articles: records over HTTP, each with its result."""

import asyncio
import time

from aiohttp import web

from streams.ingest.http import Accepted, Refused, UnreadableBody, judge, split
from streams.ingest.producing import Outgoing
from streams.ingest.records import Kind
from streams.topics import ARTICLES, POSTS
from streams.web.bearer import denied
from streams.web.door import NotConfirmed
from streams.web.errors import refusal, reply
from streams.web.state import STATE

#: Records that are judged between two yields to the loop: about 5 ms of work.
SLICE = 1_000


async def posts(request: web.Request) -> web.Response:
    """Take posts."""
    return await _take(request, "posts", POSTS)


async def articles(request: web.Request) -> web.Response:
    """Take articles."""
    return await _take(request, "articles", ARTICLES)


async def _take(request: web.Request, kind: Kind, topic: str) -> web.Response:
    state = request.app[STATE]
    refused = denied(request, state.settings.token)
    if refused is not None:
        return refused
    try:
        parts = split(await request.read())
    except UnreadableBody as error:
        return refusal(400, str(error))
    judged: list[Accepted | Refused] = []
    for start in range(0, len(parts), SLICE):
        judged += judge(kind, parts[start : start + SLICE])
        await asyncio.sleep(0)
    now = int(time.time() * 1_000)
    name = state.settings.topic(topic)
    outgoing = [Outgoing(name, each.key.encode(), each.value, now) for each in judged if isinstance(each, Accepted)]
    if outgoing:
        try:
            await state.door.send(outgoing)
        except NotConfirmed as error:
            return refusal(503, f"{error}; sending the same records again does no harm", {"Retry-After": "5"})
    return _results(judged, len(outgoing))


def _results(judged: list[Accepted | Refused], sent: int) -> web.Response:
    results = [
        {"index": index, "ok": True, "key": each.key}
        if isinstance(each, Accepted)
        else {"index": index, "ok": False, "reason": each.reason, "detail": each.detail}
        for index, each in enumerate(judged)
    ]
    bad = len(judged) - sent
    return reply({"sent": sent, "bad": bad, "results": results}, 207 if bad else 200)
