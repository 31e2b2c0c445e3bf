"""/metrics: a snapshot of Redis, and what this process measures of itself, in the format that is asked for."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client.exposition import choose_encoder

from streams.web.readings import Recent
from streams.web.state import STATE
from streams.web.text import Text


def page() -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler, with a memory of its own."""
    recent, text = Recent(), Text()

    async def metrics(request: web.Request) -> web.Response:
        state = request.app[STATE]
        snapshot = await recent.get(state.reader.read)
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        openmetrics = content_type.startswith("application/openmetrics-text")
        trends = text.of(snapshot, state.settings.max_series, openmetrics=openmetrics)
        return web.Response(body=trends + encode(state.door.measures.registry), headers={"Content-Type": content_type})

    return metrics
