"""`tocsin recount`: the proof, for whoever doubts a number."""

import asyncio
import sys

import click
import msgspec
import orjson
from rich.console import Console
from rich.progress import Progress

from streams.connections import wait_for_kafka, wait_for_redis
from streams.recount import Report, recount
from streams.settings import Settings, parse_duration

#: Differences that are printed of each event.
_SHOWN = 10


@click.command("recount")
@click.argument("events", nargs=-1)
@click.option("--wait", default="60s", show_default=True, help="How long to wait for workers and back-fills.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object an event.")
@click.pass_context
def command(context: click.Context, events: tuple[str, ...], wait: str, as_json: bool) -> None:
    """Count EVENTS from the log anew and compare with Redis, cell by cell and counter by counter.

    Without EVENTS: all. Exit code 1 where anything differs. Workers may go on meanwhile.
    """
    try:
        patience = parse_duration(wait)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--wait") from None
    settings = Settings.from_environment()
    reports = asyncio.run(_recount(settings, events, patience))
    for report in reports:
        click.echo(_json(report) if as_json else _text(report))
    context.exit(0 if all(report.equal for report in reports) else 1)


async def _recount(settings: Settings, events: tuple[str, ...], patience: float) -> list[Report]:
    await wait_for_kafka(settings)
    await wait_for_redis(settings)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Waiting for the workers, reading the log", total=None)
        return await recount(
            settings,
            events,
            patience=patience,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        )


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
