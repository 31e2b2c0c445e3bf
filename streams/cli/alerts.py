"""`tocsin alerts`: what rang, and how its messages fare on their way to the endpoints."""

import asyncio
import base64
import secrets
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
import msgspec
import orjson
from rich.console import Console
from rich.table import Table

from schemas import Alert
from schemas.codec import encode
from schemas.delivery import Message, Redelivery
from streams.alerts.delivery import Archive, EndpointsSource, Pace, deliver_once
from streams.alerts.delivery.archive import recent_alerts
from streams.alerts.delivery.book import Book, Line, redelivery_key
from streams.connections import producer, wait_for_kafka
from streams.errors import UserError
from streams.settings import Settings
from streams.topics import ALERTS, DELIVERIES, require

T = TypeVar("T")

#: Columns where nobody looks: nothing is cut in a pipe.
_PIPED = 1_000
#: Alerts that are listed, unless asked otherwise.
_LISTED = 20

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group("alerts")
def command() -> None:
    """See what rang, and get messages to their endpoints.

    TOCSIN_ENDPOINTS names the YAML file of endpoints; docs/webhooks.md shows one.
    """


@command.command("list")
@click.option("--limit", default=_LISTED, show_default=True, type=click.IntRange(1, 1_000), help="Newest alerts shown.")
@_json
def list_(limit: int, as_json: bool) -> None:
    """List the newest alerts, oldest first, then how far each endpoint has come."""
    settings = Settings.from_environment()

    async def read(archive: Archive) -> tuple[list[Alert], Book]:
        return await recent_alerts(settings, limit), archive.book

    alerts, book = _read(settings, read)
    if as_json:
        shown = {"alerts": [msgspec.to_builtins(each) for each in alerts], "endpoints": list(map(_line, _lines(book)))}
        click.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())
        return
    console = Console(width=None if sys.stdout.isatty() else _PIPED)
    if alerts:
        console.print(_alerts_table(alerts))
    else:
        click.echo("Nothing rang; the log keeps a week.")
    if book.lines:
        click.echo()
        console.print(_endpoints_table(book))


@command.command("show")
@click.argument("alert_id", metavar="ID")
def show(alert_id: str) -> None:
    """Print one alert whole, JSON, with its messages: endpoint, sequence, webhook-id, and if it was delivered.

    ID is the alert's, as `tocsin alerts list` shows it, or a webhook-id.
    """
    settings = Settings.from_environment()
    found = _read(settings, lambda archive: _find(archive, alert_id))
    if found is None:
        alerts = asyncio.run(recent_alerts(settings))
        found = next(({"alert": each, "messages": []} for each in alerts if each.id == alert_id), None)
    if found is None:
        raise UserError(f"no alert {alert_id!r}; `tocsin alerts list` names the newest")
    click.echo(orjson.dumps(msgspec.to_builtins(found), option=orjson.OPT_INDENT_2).decode())


@command.command("test")
@click.argument("endpoint")
def test(endpoint: str) -> None:
    """Send one message of type `test` to ENDPOINT, from here, and say what came of it.

    It is signed and addressed as any other, has the sequence 0, and takes no part in the order of messages.
    """
    settings = Settings.from_environment()
    to = _source(settings).get(endpoint)
    now = datetime.now(UTC)
    name = f"test-{secrets.token_hex(8)}"
    alert = Alert(
        id=name, event="test", revision="000000000000", alert="test", state="resolved", at=now, window="5m",
        condition="count >= 1", title="A test of Tocsin",
    )  # fmt: skip
    message = Message(id=f"msg_{name}", type="test", endpoint=endpoint, sequence=0, timestamp=now, alerts=(alert,))
    outcome = deliver_once(to, message, Pace())
    if outcome.result != "delivered":
        raise UserError(f"{endpoint} ({to.place}) did not take the message: {outcome.said}", code=1)
    click.echo(f"{endpoint} ({to.place}) took the message: {outcome.said}")


@command.command("redeliver")
@click.argument("endpoint")
@click.option("--after", type=click.IntRange(0), metavar="SEQ", help="Send all messages beyond this sequence anew.")
def redeliver(endpoint: str, after: int | None) -> None:
    """Try ENDPOINT again at once, also where it was disabled: what waits is sent, in order.

    With --after, messages that were delivered are sent again too, under the ids and sequences that they had. Messages
    are kept for 30 days after they arrived, and until then however long it takes.
    """
    settings = Settings.from_environment()
    if settings.endpoints and endpoint not in _source(settings).by_name:
        click.echo(f"{endpoint} is not in TOCSIN_ENDPOINTS here; it is tried once a worker has it", err=True)

    async def ask(archive: Archive) -> Line:
        line = archive.book.lines.get(endpoint)
        if line is None:
            raise UserError(f"no message was ever made for an endpoint {endpoint!r}; `tocsin alerts list` names others")
        wanted = Redelivery(endpoint, datetime.now(UTC), after)
        async with producer(settings) as sender:
            topic = settings.topic(DELIVERIES)
            await sender.send_and_wait(topic, encode(wanted), key=redelivery_key(endpoint).encode(), partition=0)
        return line

    line = _read(settings, ask)
    begin = line.progress.delivered + 1 if after is None else max(min(after, line.progress.delivered) + 1, line.first)
    count = line.last - begin + 1
    what = f"{count} message{'' if count == 1 else 's'}, from sequence {begin} on" if count else "no message waits"
    click.echo(f"{endpoint}: asked for; {what}")


@command.command("secret")
def secret() -> None:
    """Make a secret for an endpoint: put it into a file that `secrets` names, and give it to the receiver."""
    click.echo("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())


def _read(settings: Settings, use: Callable[[Archive], Awaitable[T]]) -> T:
    """What `use` makes of the topic `deliveries`, read to its end."""

    async def run() -> T:
        await wait_for_kafka(settings)
        await require(settings, ALERTS, DELIVERIES)
        archive = Archive(settings)
        try:
            await archive.start()
            await archive.catch_up()
            return await use(archive)
        finally:
            await archive.stop()

    return asyncio.run(run())


def _source(settings: Settings) -> EndpointsSource:
    if not settings.endpoints:
        raise UserError("no endpoints are set: TOCSIN_ENDPOINTS names the YAML file that describes them")
    source = EndpointsSource(settings.endpoints)
    source.refresh()
    return source


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


def _alerts_table(alerts: Sequence[Alert]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("at", "event", "alert", "state", "why", "id"):
        table.add_column(name, no_wrap=name != "id", overflow="fold")
    for each in alerts:
        why = each.condition if each.reason == "condition" else each.reason
        table.add_row(f"{each.at:%Y-%m-%d %H:%M:%S}", each.event, each.alert, each.state, why, each.id)
    return table


def _endpoints_table(book: Book) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("endpoint", "messages", "delivered", "state"):
        table.add_column(name, no_wrap=True)
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
