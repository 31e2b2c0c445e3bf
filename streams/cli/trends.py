"""`tocsin trends`: what is moving, on a terminal; and the views of it that `tocsin demo` shows live."""

import asyncio
import difflib
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import click
import orjson
from aiokafka.errors import KafkaError
from rich.console import Group, RenderableType

from streams.connections import RedisLink, wait_for_redis
from streams.errors import UserError
from streams.evidence import Evidence, Postings
from streams.ingest.times import parse_instant
from streams.settings import Settings, parse_duration
from streams.terminal import console, render_behind, render_overview, render_trend
from streams.tracking.topic import read_tracked
from streams.trends import Catalog, Windows
from streams.trends.cells import Cells
from streams.trends.drivers import Drivers
from streams.trends.outlook import SPANS, Outlook
from streams.trends.overview import Trend, listing, overview, trend
from streams.web.behind import describe_behind
from streams.web.figures import describe, summarise

#: Seconds between two looks at an event that is waited for.
EVERY = 0.5


def _seconds(context: click.Context, parameter: click.Parameter, value: str) -> int:
    """Seconds of a duration: click's callback."""
    try:
        return parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("trends")
@click.argument("event", required=False)
@click.option("--at", metavar="INSTANT", help="As of then: 2025-03-14T12:00:00Z, or unix seconds. Default: now.")
@click.option(
    "--series",
    "span",
    type=click.Choice(list(SPANS)),
    default="24h",
    show_default=True,
    help="How much of an EVENT's past is drawn.",
)
@click.option(
    "--wait",
    metavar="DURATION",
    callback=_seconds,
    default="60s",
    show_default=True,
    help="How long to wait for an EVENT that is being counted for the first time.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, as /trends/EVENT answers it.")
def command(event: str | None, at: str | None, span: str, wait: int, as_json: bool) -> None:
    """Show all tracked events in windows of 1m, 5m, 1h and 24h, busiest first; or one EVENT by claim, group and so on.

    \b
    tocsin trends
    tocsin trends kursk-surrender-offer --series 7d
    tocsin trends --json | jq '.events[].posts'

    Posts, different authors and different texts stand side by side: a thousand copies are one voice. Of one EVENT it
    shows besides who drives it: what is copied most, which claims and groups gain, and who came first with each.

    \b
    burst      how unusual the last hour is for this event: -log10 of the probability
               of as many posts. 3 is one hour in a thousand; above 2.3 a burst runs.
    expected   what its own past lets expect of that hour; 95 % of such hours lie
               between the bounds. One that a connector was blind in is not judged.
    """
    try:
        instant = None if at is None else parse_instant(at) // 1_000
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from None
    settings = Settings.from_environment()
    shown = asyncio.run(_show(settings, event, instant, span, wait, as_json))
    if isinstance(shown, bytes):
        click.echo(shown)
    else:
        console().print(shown)


async def _show(
    settings: Settings, event_id: str | None, at: int | None, span: str, wait: int, as_json: bool
) -> RenderableType | bytes:
    await wait_for_redis(settings)
    redis, postings = RedisLink(settings), Postings(settings)
    catalog, windows = Catalog(redis.client, settings), Windows(redis.client, settings)
    outlook = Outlook(redis.client, settings)
    try:
        if event_id is None:
            summaries = await overview(catalog, windows, at, outlook)
            if as_json:
                return orjson.dumps({"events": [summarise(each) for each in summaries]})
            return render_overview(summaries)
        found = await _counted(
            settings, catalog, event_id, wait, lambda: trend(catalog, windows, event_id, at, outlook, span)
        )
        behind = await Evidence(
            settings, Cells(redis.client, settings), Drivers(redis.client, settings), postings
        ).behind(found.summary.event, at)
        if as_json:
            return orjson.dumps({**describe(found), **describe_behind(behind)})
        return Group(render_trend(found), *render_behind(behind))
    finally:
        await postings.close()
        await redis.close()


async def _counted(
    settings: Settings, catalog: Catalog, event_id: str, wait: int, ask: Callable[[], Awaitable[Trend | None]]
) -> Trend:
    """What `ask` tells of the event, once it does: one that is counted for the first time is waited for.

    Raises `UserError` for an event that is not tracked, and where counting it takes longer than `wait` seconds.
    """
    until = time.monotonic() + wait
    told = False
    while (found := await ask()) is None:
        if not told:
            await _require_applied(settings, catalog, event_id)
        first = f"{event_id} is being counted from the log for the first time"
        if time.monotonic() >= until:
            raise UserError(f"{first}, not done within {wait} s (is a worker running?): try again later", code=75)
        if not told:
            told = True
            click.echo(f"tocsin: {first}; waiting", err=True)
        await asyncio.sleep(EVERY)
    return found


async def _require_applied(settings: Settings, catalog: Catalog, event_id: str) -> None:
    """Raise `UserError` unless the event is about to be counted: in the catalog, or applied and not yet seen there."""
    known = await listing(catalog)
    applied = set(known.pending)
    if event_id not in applied:
        with suppress(UserError, KafkaError, OSError):
            applied |= (await read_tracked(settings)).keys()
    if event_id not in applied:
        names = sorted({*known.serving, *applied})
        near = difflib.get_close_matches(event_id, names, 1) or [name for name in names if event_id in name]
        hint = f"did you mean {near[0]!r}?" if near else "`tocsin trends` lists them"
        raise UserError(f"no tracked event {event_id!r}; {hint}")
