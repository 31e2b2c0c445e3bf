"""/metrics: a snapshot of Redis, and what this process measures of itself, in the format that is asked for."""

from aiohttp import web
from prometheus_client.exposition import choose_encoder

from streams.web.errors import refusal
from streams.web.scrapes import NotReadYet
from streams.web.state import STATE


async def metrics(request: web.Request) -> web.Response:
    """200 with what is known, also while Redis is away; 503 where the first look at all events has not ended."""
    state = request.app[STATE]
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    try:
        trends = await state.scrapes.text(openmetrics=content_type.startswith("application/openmetrics-text"))
    except NotReadYet as error:
        return refusal(503, str(error))
    return web.Response(body=trends + encode(state.door.measures.registry), headers={"Content-Type": content_type})
