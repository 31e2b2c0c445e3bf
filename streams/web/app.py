"""The aiohttp application: its paths, and what it opens at start and closes at the end."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from streams.connections import RedisLink, wait_for_redis
from streams.evidence import Evidence, Postings
from streams.ingest.http import MAX_BODY_BYTES
from streams.settings import Settings
from streams.tasks import end
from streams.trends import Catalog, Windows
from streams.trends.cells import Cells
from streams.trends.drivers import Drivers
from streams.trends.outlook import Outlook
from streams.trends.sharing import SharedDrivers
from streams.web import alerts, health, ingest, metrics, moving, page, posts, pulse, trends, trying
from streams.web.door import Door
from streams.web.errors import as_json
from streams.web.outbox import Outbox
from streams.web.readings import Reader
from streams.web.scrapes import Scrapes
from streams.web.state import STATE, State
from streams.web.voices import VoiceCounts


def build(settings: Settings) -> web.Application:
    """The application. Its start raises `UserError` where Redis does not answer in time."""
    app = web.Application(middlewares=[as_json], client_max_size=MAX_BODY_BYTES)

    async def open_and_close(app: web.Application) -> AsyncIterator[None]:
        await wait_for_redis(settings, settings.start_limit)
        redis = RedisLink(settings)
        catalog, windows = Catalog(redis.client, settings), Windows(redis.client, settings)
        door, postings = Door(settings), Postings(settings)
        evidence = Evidence(settings, Cells(redis.client, settings), SharedDrivers(redis.client, settings), postings)
        voices = VoiceCounts(catalog, windows, Drivers(redis.client, settings))
        outbox = Outbox(settings)
        outlook = Outlook(redis.client, settings)
        scrapes = Scrapes(Reader(redis, catalog, voices, settings), settings.max_series)
        app[STATE] = State(settings, redis, catalog, windows, scrapes, door, outlook, evidence, voices, outbox)
        beside = [
            asyncio.create_task(scrapes.begin(), name="Reading all events"),
            asyncio.create_task(voices.follow(), name="Counting voices"),
        ]
        yield
        await end(beside)
        await outbox.close()
        await door.close()
        await postings.close()
        await redis.close()

    app.cleanup_ctx.append(open_and_close)
    app.add_routes(
        [
            *page.routes(),
            web.get("/healthz", health.healthz),
            web.get("/readyz", health.readyz),
            web.get("/metrics", metrics.metrics),
            web.get("/events", trends.events),
            web.get("/trends", moving.endpoint()),
            web.get("/trends/{event}", trends.event_trend),
            web.get("/events/{event}/posts", posts.event_posts),
            web.get("/alerts", alerts.alerts),
            web.get("/pulse", pulse.endpoint()),
            web.post("/try", trying.endpoint()),
            web.post("/ingest/posts", ingest.posts),
            web.post("/ingest/articles", ingest.articles),
        ]
    )
    return app
