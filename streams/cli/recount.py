"""`tocsin recount`: the proof, for whoever doubts a number."""

import asyncio
import re
import time
from collections.abc import Sequence

import click
import msgspec
import orjson

from streams.cli.progress import progress
from streams.connections import wait_for_kafka, wait_for_redis
from streams.ingest.times import parse_instant
from streams.scans.recount import Report, moment, recount
from streams.settings import Settings, parse_duration
from streams.tracking.topic import renew

#: Differences that are printed of each event.
_SHOWN = 10


@click.command("recount")
@click.argument("events", nargs=-1)
@click.option(
    "--from", "start", metavar="WHEN", help="Read the log from then on: 2025-03-14T12:00:00Z, 6h ago, or posts/3/1200."
)
@click.option("--repair", is_flag=True, help="Count events that differ anew, under a new revision, and compare again.")
@click.option(
    "--wait", metavar="DURATION", default="60s", show_default=True, help="How long to wait for workers and back-fills."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object an event.")
@click.pass_context
def command(
    context: click.Context, events: tuple[str, ...], start: str | None, repair: bool, wait: str, as_json: bool
) -> None:
    """Count EVENTS from the log anew and compare with Redis, cell by cell and counter by counter.

    \b
    tocsin recount
    tocsin recount kursk-surrender-offer --from 6h
    tocsin recount kursk-surrender-offer --repair

    Without EVENTS: all. Exit code 1 where anything differs (with --repair: still differs). Workers may go on meanwhile,
    and have to for --repair: they count the new revision while the old one serves. --from leaves out the hours before;
    posts/3/1200 is the moment at which the record of offset 1200 came into partition 3 of posts.
    """
    try:
        patience = parse_duration(wait)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--wait") from None
    settings = Settings.from_environment()
    since = None if start is None else _instant(settings, start)
    reports = asyncio.run(_recount(settings, events, patience, since))
    _print(reports, as_json)
    wrong = [report.event.id for report in reports if not report.equal]
    if wrong and repair:
        asyncio.run(renew(settings, wrong))
        reports = asyncio.run(_recount(settings, wrong, patience, since))
        _print(reports, as_json)
    context.exit(0 if all(report.equal for report in reports) else 1)


def _instant(settings: Settings, written: str) -> int:
    """Unix seconds of an instant, of a while ago, or of a record."""
    if found := re.fullmatch(r"(.+)/(\d+)/(\d+)", written):
        return asyncio.run(moment(settings, found[1], int(found[2]), int(found[3])))
    try:
        return int(time.time()) - parse_duration(written.removesuffix(" ago"))
    except ValueError:
        pass
    try:
        return parse_instant(written) // 1_000
    except ValueError as error:
        raise click.BadParameter(
            f"{error}; or a duration, 6h; or a record, posts/3/1200", param_hint="--from"
        ) from None


async def _recount(settings: Settings, events: Sequence[str], patience: float, since: int | None) -> list[Report]:
    await wait_for_kafka(settings)
    await wait_for_redis(settings)
    with progress("Waiting for the workers, reading the log") as told:
        return await recount(settings, events, patience=patience, since=since, progress=told)


def _print(reports: Sequence[Report], as_json: bool) -> None:
    for report in reports:
        click.echo(_json(report) if as_json else _text(report))


def _json(report: Report) -> str:
    return orjson.dumps(
        {
            "event": report.event.id,
            "revision": report.event.revision,
            "equal": report.equal,
            "posts": report.posts,
            "hours": report.hours,
            "differences": len(report.differences),
            "first": [msgspec.to_builtins(each) for each in report.differences[:_SHOWN]],
        }
    ).decode()


def _text(report: Report) -> str:
    posts, hours = _counted(report.posts, "post"), _counted(report.hours, "hour")
    compared = f"{report.event.id}: {posts} in {hours} compared"
    if report.equal:
        return f"{compared}, equal"
    lines = [f"{compared}, {_counted(len(report.differences), 'difference')}"]
    for each in report.differences[:_SHOWN]:
        lines.append(f"  {each.key} {each.field}: expected {each.expected}, found {each.found}")
    return "\n".join(lines)


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
