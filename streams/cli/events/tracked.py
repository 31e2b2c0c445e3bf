"""`tocsin events apply`, `list`, `show` and `remove`: what is tracked."""

import asyncio
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.table import Table

from schemas import TrackedEvent
from streams.cli.events.options import json_option, lists_option, print_json
from streams.connections import wait_for_kafka
from streams.errors import UserError
from streams.settings import Settings
from streams.terminal import console
from streams.tracking import topic
from streams.tracking.files import read_drafts


@click.command("apply")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@lists_option
@json_option
def apply(paths: tuple[Path, ...], lists: Path | None, as_json: bool) -> None:
    """Track the events in these files (or folders). Where one file is broken, nothing is applied.

    \b
    tocsin events apply rotterdam.yaml
    tocsin events apply seeds/events
    """
    settings = Settings.from_environment()
    drafts = read_drafts(paths, lists)

    async def run() -> list[topic.Change]:
        await wait_for_kafka(settings)
        return await topic.apply(settings, drafts)

    changes = asyncio.run(run())
    if as_json:
        print_json([{"id": c.event.id, "revision": c.event.revision, "change": c.change} for c in changes])
        return
    for each in changes:
        click.echo(f"{each.event.id}: {each.change} ({each.event.revision})")


@click.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List what is tracked.

    \b
    tocsin events list
    """
    events = sorted(asyncio.run(_tracked()).values(), key=lambda event: event.id)
    if as_json:
        print_json([_summary(event) for event in events])
        return
    if not events:
        click.echo("Nothing is tracked; `tocsin events apply FILE` tracks an event.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("event", no_wrap=True, min_width=max(len(event.id) for event in events))
    table.add_column("revision", no_wrap=True, min_width=12)
    table.add_column("title", no_wrap=True, overflow="ellipsis")
    for event in events:
        table.add_row(event.id, event.revision, event.title)
    console().print(table)


@click.command("show")
@click.argument("event_id")
def show(event_id: str) -> None:
    """Print one tracked event as it is applied, JSON, lists inlined.

    \b
    tocsin events show rotterdam-dock-strike | jq -r .match
    """
    tracked = asyncio.run(_tracked())
    if event_id not in tracked:
        raise UserError(f"no tracked event {event_id!r}; `tocsin events list` names them")
    print_json(msgspec.to_builtins(tracked[event_id]))


@click.command("remove")
@click.argument("event_id")
def remove(event_id: str) -> None:
    """Stop tracking an event; its counts go with it.

    \b
    tocsin events remove rotterdam-dock-strike
    """
    settings = Settings.from_environment()

    async def run() -> None:
        await wait_for_kafka(settings)
        await topic.remove(settings, event_id)

    asyncio.run(run())
    click.echo(f"{event_id}: removed; workers drop it within seconds")


async def _tracked() -> dict[str, TrackedEvent]:
    settings = Settings.from_environment()
    await wait_for_kafka(settings)
    return await topic.read_tracked(settings)


def _summary(event: TrackedEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "revision": event.revision,
        "title": event.title,
        "since": event.since,
        "claims": list(event.claims),
        "groups": list(event.groups),
    }
