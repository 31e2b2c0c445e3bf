"""`tocsin alerts list` and `show`: what rings, what rang, and where its messages are."""

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
import msgspec
import orjson
from rich.table import Table
from rich.text import Text

from schemas import Alert
from streams.alerts.delivery import Archive
from streams.alerts.delivery.book import Book, Line
from streams.alerts.overview import Standing, standing
from streams.alerts.recorded import recent_alerts
from streams.cli.alerts.reading import read
from streams.connections import RedisLink, wait_for_redis
from streams.errors import UserError
from streams.ingest.times import to_text
from streams.settings import Settings
from streams.terminal import console

#: Alerts that are listed, unless asked otherwise.
_LISTED = 20

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command("list", short_help="List what rings, the newest alerts, and the endpoints.")
@click.option("--limit", default=_LISTED, show_default=True, type=click.IntRange(1, 1_000), help="Newest alerts shown.")
@_json
def list_(limit: int, as_json: bool) -> None:
    """List what rings, the newest alerts, oldest first, and how far each endpoint has come.

    \b
    tocsin alerts list --limit 50
    tocsin alerts list --json | jq -r '.alerts[].id'

    `pending`: the condition holds, but not yet for as long as `for` asks, or the alert is muted or cools down.
    """
    settings = Settings.from_environment()

    async def look(archive: Archive) -> tuple[list[Alert], Book]:
        return await recent_alerts(settings, limit), archive.book

    alerts, book = read(settings, look)
    now = asyncio.run(_standing(settings))
    if as_json:
        shown = {
            "standing": [_in_text(each) for each in now],
            "alerts": [msgspec.to_builtins(each) for each in alerts],
            "endpoints": list(map(_line, _lines(book))),
        }
        click.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())
        return
    printed = console()
    if now:
        printed.print(_standing_table(now))
        click.echo()
    if alerts:
        printed.print(_alerts_table(alerts))
    else:
        click.echo("Nothing rang; the log keeps a week.")
    if book.lines:
        click.echo()
        printed.print(_endpoints_table(book))


@click.command("show", short_help="Print one alert whole, with its messages.")
@click.argument("alert_id", metavar="ID")
def show(alert_id: str) -> None:
    """Print one alert whole, JSON, with its messages: endpoint, sequence, webhook-id, and if it was delivered.

    \b
    tocsin alerts show 7bec0ebf2a96b3101b7d8761cf158d89

    ID is the alert's, as `tocsin alerts list` shows it, or a webhook-id.
    """
    settings = Settings.from_environment()
    found = read(settings, lambda archive: _find(archive, alert_id))
    if found is None:
        alerts = asyncio.run(recent_alerts(settings))
        found = next(({"alert": each, "messages": []} for each in alerts if each.id == alert_id), None)
    if found is None:
        raise UserError(f"no alert {alert_id!r}; `tocsin alerts list` names the newest")
    click.echo(orjson.dumps(msgspec.to_builtins(found), option=orjson.OPT_INDENT_2).decode())


async def _standing(settings: Settings) -> list[Standing]:
    await wait_for_redis(settings)
    redis = RedisLink(settings)
    try:
        return await standing(redis.client, settings)
    finally:
        await redis.close()


def _in_text(each: Standing) -> dict[str, Any]:
    """As JSON, its instants in RFC 3339."""
    instants = ("since", "rang", "muted")
    return {
        name: value if name not in instants or value is None else to_text(value * 1_000)
        for name, value in dataclasses.asdict(each).items()
    }


async def _find(archive: Archive, alert_id: str) -> dict[str, Any] | None:
    """The alert with its messages, from the topic `deliveries`."""
    found: dict[str, Any] | None = None
    for line in _lines(archive.book):
        for sequence, entry in line.entries.items():
            if alert_id not in entry.alerts and alert_id != entry.id:
                continue
            message = await archive.message(entry.offset)
            told = {
                "endpoint": message.endpoint, "sequence": sequence, "webhook-id": message.id,
                "delivered": sequence <= line.progress.reached,
            }  # fmt: skip
            alert = next((each for each in message.alerts if each.id == alert_id), message.alerts[0])
            if found is None or (alert.samples and not found["alert"].samples):  # a grouped message has no samples
                found = {"alert": alert, "messages": found["messages"] if found else []}
            found["messages"].append(told)
    return found


def _lines(book: Book) -> Sequence[Line]:
    return [book.lines[name] for name in sorted(book.lines)]


def _line(line: Line) -> dict[str, Any]:
    progress = msgspec.to_builtins(line.progress)
    return {"sequence": line.last, "delivered": 0, **progress}


def _standing_table(found: Sequence[Standing]) -> Table:
    """What rings and what holds without ringing yet, in Prometheus' words; when mutes end only where there is one."""
    muted = any(each.muted for each in found)
    table = _table("now", "since", *(["muted until"] if muted else []), "alert")
    for each in found:
        times = [_instant(each.rang or each.since), *([_instant(each.muted)] if muted else [])]
        table.add_row(each.phase, *times, f"{each.event}/{each.alert}")
    return table


def _alerts_table(alerts: Sequence[Alert]) -> Table:
    """The id, which `show` takes, on a line of its own: nothing is cut on a terminal of 80 columns."""
    table = _table("at", "state", "alert: why, and id")
    for each in alerts:
        why = each.condition if each.reason == "condition" else each.reason
        told = Text.assemble(f"{each.event}/{each.alert}: {why}\n", (each.id, "dim"))
        table.add_row(_instant(each.at.timestamp()), each.state, told)
    return table


def _table(*columns: str) -> Table:
    """All but the last column as wide as they need; that one goes on below."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in columns[:-1]:
        table.add_column(name, no_wrap=True)
    table.add_column(columns[-1], overflow="fold")
    return table


def _instant(at: float | None) -> str:
    return "" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}"


def _endpoints_table(book: Book) -> Table:
    table = _table("endpoint", "messages", "delivered", "state")
    for line in _lines(book):
        table.add_row(line.progress.endpoint, str(line.last), str(line.progress.reached), _state(line))
    return table


def _state(line: Line) -> str:
    progress = line.progress
    if progress.disabled is not None:
        return f"disabled ({progress.disabled}): tocsin alerts redeliver {progress.endpoint}"
    if progress.failing_since is not None:
        return f"fails since {progress.failing_since:%Y-%m-%d %H:%M:%S}, {progress.attempts} attempts"
    return "fine" if progress.delivered == line.last else "under way"
