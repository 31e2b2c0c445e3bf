"""`tocsin trends`: what is moving, on a terminal; and the views of it that `tocsin demo` shows live.

`render_overview` and `render_trend` are pure: from the read model to something rich can print.
"""

import asyncio
import difflib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import click
import orjson
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.connections import REDIS_AWAY, RedisLink, redis_address
from streams.errors import UserError
from streams.ingest.times import parse_instant
from streams.settings import Settings
from streams.trends import WINDOWS, Catalog, Windows
from streams.web.overview import Series, Summary, Trend, listing, overview, trend
from streams.web.trends import describe, summarise

_BARS = "▁▂▃▄▅▆▇█"
#: Characters of a sparkline; more buckets are drawn together.
SPARKS = 30
#: Names of one dimension that are listed.
LISTED = 12


@click.command("trends")
@click.argument("event", required=False)
@click.option("--at", metavar="INSTANT", help="As of then: 2025-03-14T12:00:00Z, or unix seconds. Default: now.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, as /trends/EVENT answers it.")
def command(event: str | None, at: str | None, as_json: bool) -> None:
    """Show all tracked events in windows of 1m, 5m, 1h and 24h, busiest first; or one EVENT by claim, group and so on.

    Posts, different authors and different texts stand side by side: a thousand copies are one voice.
    """
    try:
        instant = None if at is None else parse_instant(at) // 1_000
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from None
    settings = Settings.from_environment()
    try:
        shown = asyncio.run(_show(settings, event, instant, as_json))
    except REDIS_AWAY as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(
            f"Redis at {redis_address(settings)} (TOCSIN_REDIS) does not answer: {reason}", code=69
        ) from None
    if isinstance(shown, bytes):
        click.echo(shown)
    else:
        Console().print(shown)


async def _show(settings: Settings, event_id: str | None, at: int | None, as_json: bool) -> RenderableType | bytes:
    redis = RedisLink(settings)
    catalog, windows = Catalog(redis.client, settings), Windows(redis.client, settings)
    try:
        if event_id is None:
            summaries = await overview(catalog, windows, at)
            if as_json:
                return orjson.dumps({"events": [summarise(each) for each in summaries]})
            return render_overview(summaries)
        found = await trend(catalog, windows, event_id, at)
        if found is None:
            raise UserError(await _unknown(catalog, event_id))
        return orjson.dumps(describe(found)) if as_json else render_trend(found)
    finally:
        await redis.close()


async def _unknown(catalog: Catalog, event_id: str) -> str:
    known = await listing(catalog)
    if event_id in known.pending:
        return f"{event_id} is being counted from the log for the first time; it is shown when that is done"
    near = difflib.get_close_matches(event_id, known.serving, 1)
    hint = f"did you mean {near[0]!r}?" if near else "`tocsin trends` lists them"
    return f"no tracked event {event_id!r}; {hint}"


def render_overview(summaries: Sequence[Summary]) -> RenderableType:
    """All events as a table, in the order given."""
    if not summaries:
        return Text("Nothing is tracked yet; `tocsin events apply FILE` tracks an event.")
    table = _with_windows("event")
    table.add_column("authors", justify="right", no_wrap=True)
    table.add_column("texts", justify="right", no_wrap=True)
    table.add_column(f"last {_span(summaries[0].series)}", no_wrap=True, overflow="crop")
    table.caption = "authors and texts: different ones in 24 hours"
    table.caption_justify = "left"
    for each in summaries:
        name = Text(each.event.id) + Text(" (rebuilding)" if each.pending else "", style="yellow")
        counts = [_count(each.posts.get(window)) for window in WINDOWS]
        spark = Text(sparkline(each.series.counts, SPARKS // 2), style="cyan")
        table.add_row(name, *counts, _count(each.authors.get("24h")), _count(each.texts.get("24h")), spark)
    return table


def render_trend(found: Trend) -> RenderableType:
    """One event: its windows, dimensions, claims by group, and the busiest of the last 24 hours."""
    summary = found.summary
    at = datetime.fromtimestamp(found.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    parts: list[RenderableType] = [
        Text(summary.event.title, style="bold"),
        Text(f"{summary.event.id}@{summary.event.revision}, {at}", style="dim"),
        Text(f"{sparkline(summary.series.counts)}  last {_span(summary.series)}", style="cyan"),
        _totals(found),
    ]
    for dimension in ("claim", "group", "platform", "lang", "kind"):
        if found.members(dimension):
            parts.append(_dimension(found, dimension))
    if found.members("claim_group"):
        parts.append(_claims_by_group(found))
    for title, busiest in (
        ("author, 24h", found.top_authors),
        ("text (fingerprint), 24h", found.top_texts),
        ("linked domain, 24h", found.top_domains),
    ):
        if busiest:
            parts.append(_busiest(title, busiest))
    spaced = [part for each in parts[3:] for part in (Text(""), each)]
    return Group(*parts[:3], *spaced)


def sparkline(counts: Sequence[int], width: int = SPARKS) -> str:
    """One character a bucket, oldest first; more buckets than `width` are added up evenly."""
    per = -(-len(counts) // width)
    sums = [sum(counts[start : start + per]) for start in range(0, len(counts), per)] if per else []
    top = max(sums, default=0)
    if top == 0:
        return _BARS[0] * len(sums)
    return "".join(_BARS[0] if n == 0 else _BARS[max(1, -(-n * (len(_BARS) - 1) // top))] for n in sums)


def _table(first: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(first, no_wrap=True)
    return table


def _totals(found: Trend) -> Table:
    table = _with_windows("")
    summary = found.summary
    table.add_row("posts", *(_count(summary.posts.get(window)) for window in WINDOWS))
    rows: tuple[tuple[str, Mapping[str, int]], ...] = (
        ("different authors", summary.authors),
        ("different texts", summary.texts),
        ("linked domains", summary.domains),
    )
    for name, counts in rows:
        table.add_row(name, *(_count(counts[window]) if window in counts else "" for window in WINDOWS))
    return table


def _dimension(found: Trend, dimension: str) -> Table:
    table = _with_windows({"lang": "language"}.get(dimension, dimension))
    names = found.members(dimension)
    for name in names[:LISTED]:
        table.add_row(Text(name), *(_of(found, window, f"{dimension}:{name}") for window in WINDOWS))
    if len(names) > LISTED:
        table.add_row(Text(f"and {len(names) - LISTED} more", style="dim"))
    return table


def _claims_by_group(found: Trend) -> Table:
    groups = found.members("group")
    table = _table("claim × group, 24h")
    for group in groups:
        table.add_column(group, justify="right")
    for claim in found.members("claim"):
        table.add_row(Text(claim), *(_of(found, "24h", f"claim_group:{claim}/{group}") for group in groups))
    return table


def _busiest(title: str, busiest: Sequence[tuple[str, int]]) -> Table:
    table = _table(title)
    table.add_column("posts", justify="right")
    for value, posts in busiest:
        table.add_row(Text(value), _count(posts))
    return table


def _with_windows(first: str) -> Table:
    table = _table(first)
    for window in WINDOWS:
        table.add_column(window, justify="right", no_wrap=True)
    return table


def _of(found: Trend, window: str, dimension: str) -> str:
    return _count(found.windows[window].get(dimension, 0) if window in found.windows else None)


def _count(n: int | None) -> str:
    return "?" if n is None else f"{n:,}"


def _span(series: Series) -> str:
    hours = series.step * len(series.counts) // 3_600
    return "hour" if hours == 1 else f"{hours} hours"
