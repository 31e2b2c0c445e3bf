"""What every connector's command shares: its options, its process, and its end. Knows no platform."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import click
import msgspec
from aiohttp import web
from aiokafka.errors import KafkaError

from schemas import Connector
from schemas.base import Slug
from streams import topics
from streams.connections import REDIS_AWAY, RedisLink, wait_for_kafka
from streams.errors import UserError
from streams.ingest.frame import Metrics, Runner, Source
from streams.ingest.producing import Sender, reason
from streams.settings import Settings, parse_duration
from streams.trends.connectors import Connectors

log = logging.getLogger(__name__)

#: Seconds that Redis, the cache of reports, has for taking one.
CACHE_LIMIT = 5.0
#: Seconds for a connection to the platform to stand, and to bring its next byte: the sources' own limits are shorter.
CONNECT_LIMIT, READ_LIMIT = 20.0, 300.0
USER_AGENT = "Tocsin/0.1"

MakeSource = Callable[[Settings, aiohttp.ClientSession], Source]


def name_option(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option --name."""
    return click.option(
        "--name",
        default=default,
        show_default=True,
        callback=slug,
        help="The connector's own name: its cursor, reports and metrics go by it. Another for each that runs.",
    )


def secret_or_fail(value: str, variable: str, what: str) -> str:
    """The secret that a source cannot do without. Raises `UserError` naming its variable."""
    if not value:
        raise UserError(f"{variable} is not set: {what} (or name a file that holds it in {variable}_FILE)")
    return value


def seconds(text: str, option: str) -> float:
    """A duration such as 30s or 2m, above 0; `option` is named where it is none."""
    try:
        found = parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None
    if not found:
        raise click.BadParameter(f"expected a duration above 0, found {text!r}", param_hint=option)
    return float(found)


def run(name: str, make: MakeSource) -> None:
    """Run one connector until SIGTERM or SIGINT. `make` gets a session that neither decompresses nor keeps cookies."""
    asyncio.run(_run(Settings.from_environment(), name, make))


async def _run(settings: Settings, name: str, make: MakeSource) -> None:
    async with AsyncExitStack() as exits:
        session = await exits.enter_async_context(
            aiohttp.ClientSession(
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": USER_AGENT},
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_LIMIT, sock_read=READ_LIMIT),
            )
        )
        source = make(settings, session)  # what it lacks, such as a token, is said before anything is waited for
        await wait_for_kafka(settings, settings.start_limit)
        await topics.require(settings, topics.POSTS, topics.ARTICLES, topics.CURSORS, topics.DEAD_LETTERS)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):  # until here there is nothing to end in order
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        redis = RedisLink(settings)
        exits.push_async_callback(redis.close)
        sender = Sender(settings)
        try:
            await sender.start()
        except KafkaError as error:
            raise UserError(f"Kafka at {settings.kafka} (TOCSIN_KAFKA): {reason(error)}", code=69) from None
        exits.push_async_callback(sender.stop)
        cache = Forgiving(Connectors(redis.client, settings))
        runner = Runner(settings, sender, source, name, cache, Metrics(name))
        await exits.enter_async_context(_pages(settings, runner))
        await runner.run(stop)


class Forgiving:
    """The cache of reports; a Redis that is away is no reason to miss what the platform says."""

    def __init__(self, connectors: Connectors) -> None:
        self._connectors = connectors

    async def report(self, report: Connector) -> None:
        """Set what the connector reports, if Redis is there."""
        try:
            async with asyncio.timeout(CACHE_LIMIT):
                await self._connectors.report(report)
        except REDIS_AWAY as error:
            log.warning("Redis did not take the report, it gets the next one: %s", reason(error))


@asynccontextmanager
async def _pages(settings: Settings, runner: Runner) -> AsyncIterator[None]:
    """/metrics and /healthz, where a port is set."""
    if not settings.ingest_port:
        yield
        return

    async def metrics(request: web.Request) -> web.Response:
        body, content_type = runner.metrics.exposition(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def healthz(request: web.Request) -> web.Response:
        found = runner.health()
        return web.json_response(found, status=200 if found["ok"] else 503)

    application = web.Application()
    application.add_routes([web.get("/metrics", metrics), web.get("/healthz", healthz)])
    pages = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await pages.setup()
    try:
        await web.TCPSite(pages, settings.host, settings.ingest_port).start()
    except OSError as error:
        await pages.cleanup()
        told = (error.strerror or str(error)).splitlines()[0]
        raise UserError(
            f"cannot listen on {settings.host}:{settings.ingest_port} (TOCSIN_HOST, TOCSIN_INGEST_PORT): {told}",
            code=69,
        ) from None
    try:
        yield
    finally:
        await pages.cleanup()


def slug(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """A connector's name, checked: click's callback."""
    try:
        return msgspec.convert(value, Slug)
    except msgspec.ValidationError:
        raise click.BadParameter(
            f"expected lower-case letters, digits, - and _, 64 at most, found {value[:80]!r}"
        ) from None
