"""`tocsin trends`: what is moving, on a terminal; and the views of it that `tocsin demo` shows live."""

import asyncio
import difflib

import click
import orjson
from rich.console import Console, Group, RenderableType

from streams.connections import REDIS_AWAY, RedisLink, redis_address
from streams.errors import UserError
from streams.evidence import Evidence
from streams.ingest.times import parse_instant
from streams.postings import Postings
from streams.settings import Settings
from streams.terminal import render_behind, render_overview, render_trend
from streams.trends import Catalog, Windows
from streams.trends.cells import Cells
from streams.trends.drivers import Drivers
from streams.trends.outlook import SPANS, Outlook
from streams.trends.overview import listing, overview, trend
from streams.web.behind import describe_behind
from streams.web.figures import describe, summarise


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
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, as /trends/EVENT answers it.")
def command(event: str | None, at: str | None, span: str, as_json: bool) -> None:
    """Show all tracked events in windows of 1m, 5m, 1h and 24h, busiest first; or one EVENT by claim, group and so on.

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
    try:
        shown = asyncio.run(_show(settings, event, instant, span, as_json))
    except REDIS_AWAY as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(
            f"Redis at {redis_address(settings)} (TOCSIN_REDIS) does not answer: {reason}", code=69
        ) from None
    if isinstance(shown, bytes):
        click.echo(shown)
    else:
        Console().print(shown)


async def _show(
    settings: Settings, event_id: str | None, at: int | None, span: str, as_json: bool
) -> RenderableType | bytes:
    redis, postings = RedisLink(settings), Postings(settings)
    catalog, windows = Catalog(redis.client, settings), Windows(redis.client, settings)
    outlook = Outlook(redis.client, settings)
    try:
        if event_id is None:
            summaries = await overview(catalog, windows, at, outlook)
            if as_json:
                return orjson.dumps({"events": [summarise(each) for each in summaries]})
            return render_overview(summaries)
        found = await trend(catalog, windows, event_id, at, outlook, span)
        if found is None:
            raise UserError(await _unknown(catalog, event_id))
        behind = await Evidence(
            settings, Cells(redis.client, settings), Drivers(redis.client, settings), postings
        ).behind(found.summary.event, at)
        if as_json:
            return orjson.dumps({**describe(found), **describe_behind(behind)})
        return Group(render_trend(found), *render_behind(behind))
    finally:
        await postings.close()
        await redis.close()


async def _unknown(catalog: Catalog, event_id: str) -> str:
    known = await listing(catalog)
    if event_id in known.pending:
        return f"{event_id} is being counted from the log for the first time; it is shown when that is done"
    near = difflib.get_close_matches(event_id, known.serving, 1)
    hint = f"did you mean {near[0]!r}?" if near else "`tocsin trends` lists them"
    return f"no counts of an event {event_id!r} (is it applied, and a worker running?); {hint}"
