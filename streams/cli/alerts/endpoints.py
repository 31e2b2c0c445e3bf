"""`tocsin alerts test`, `redeliver` and `secret`: what is done about one endpoint."""

import base64
import secrets
from datetime import UTC, datetime

import click

from schemas import Alert
from schemas.codec import encode
from schemas.delivery import Message, Redelivery
from streams.alerts.delivery import Archive, EndpointsSource, Pace, deliver_once
from streams.alerts.delivery.book import Line, redelivery_key
from streams.cli.alerts.reading import read
from streams.connections import producer
from streams.errors import UserError
from streams.settings import Settings
from streams.topics import DELIVERIES


@click.command("test", short_help="Send a test message to an endpoint.")
@click.argument("endpoint")
def test(endpoint: str) -> None:
    """Send one message of type `test` to ENDPOINT, from here, and say what came of it.

    \b
    TOCSIN_ENDPOINTS=endpoints.yaml tocsin alerts test newsroom

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


@click.command("redeliver", short_help="Try an endpoint again at once, or send messages anew.")
@click.argument("endpoint")
@click.option("--after", type=click.IntRange(0), metavar="SEQ", help="Send all messages beyond this sequence anew.")
def redeliver(endpoint: str, after: int | None) -> None:
    """Try ENDPOINT again at once, also where it was disabled: what waits is sent, in order.

    \b
    tocsin alerts redeliver newsroom
    tocsin alerts redeliver newsroom --after 17

    With --after, messages that were delivered are sent again too, under the ids and sequences that they had. Messages
    are kept for 30 days after they arrived, and until then however long it takes.
    """
    settings = Settings.from_environment()
    known = not settings.endpoints or endpoint in _source(settings).by_name

    async def ask(archive: Archive) -> Line:
        line = archive.book.lines.get(endpoint)
        if line is None:
            raise UserError(f"no message was ever made for an endpoint {endpoint!r}; `tocsin alerts list` names others")
        wanted = Redelivery(endpoint, datetime.now(UTC), after)
        async with producer(settings) as sender:
            topic = settings.topic(DELIVERIES)
            await sender.send_and_wait(topic, encode(wanted), key=redelivery_key(endpoint).encode(), partition=0)
        return line

    line = read(settings, ask)
    begin = line.progress.delivered + 1 if after is None else max(min(after, line.progress.delivered) + 1, line.first)
    count = line.last - begin + 1
    what = f"{count} message{'' if count == 1 else 's'}, from sequence {begin} on" if count else "no message waits"
    click.echo(f"{endpoint}: asked for; {what}")
    if not known:
        click.echo(f"{endpoint} is not in TOCSIN_ENDPOINTS here; it is tried once a worker has it", err=True)


@click.command("secret", short_help="Make a secret for an endpoint.")
def secret() -> None:
    """Make a secret for an endpoint: put it into a file that `secrets` names, and give it to the receiver.

    \b
    tocsin alerts secret > /run/secrets/newsroom
    """
    click.echo("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())


def _source(settings: Settings) -> EndpointsSource:
    if not settings.endpoints:
        raise UserError("no endpoints are set: TOCSIN_ENDPOINTS names the YAML file that describes them")
    source = EndpointsSource(settings.endpoints)
    source.refresh()
    return source
