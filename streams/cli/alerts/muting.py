"""`tocsin alerts mute` and `unmute`: an alert that is known of stays quiet for a while."""

import asyncio
from collections.abc import Awaitable, Callable

import click

from streams.alerts.state import Mutes
from streams.connections import RedisLink, wait_for_redis
from streams.errors import UserError
from streams.ingest.times import to_text
from streams.settings import Settings, parse_duration
from streams.trends import Catalog

_alert = click.option("--alert", metavar="NAME", help="This one of the event's alerts.  [default: all]")


@click.command("mute")
@click.argument("event")
@_alert
@click.option("--for", "duration", default="2h", show_default=True, metavar="DURATION", help="90s, 15m, 2h, 7d.")
def mute(event: str, alert: str | None, duration: str) -> None:
    """Let the alerts of EVENT not begin to ring for a while. One that rings already still resolves.

    \b
    tocsin alerts mute kursk-surrender-offer --for 2h
    tocsin alerts mute kursk-surrender-offer --alert surge
    """
    try:
        seconds = parse_duration(duration)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from None
    until = _change(event, alert, lambda mutes: mutes.mute(event, alert, seconds))
    click.echo(f"{_named(event, alert)}: quiet until {to_text(until * 1_000)}")


@click.command("unmute")
@click.argument("event")
@_alert
def unmute(event: str, alert: str | None) -> None:
    """Let the alerts of EVENT ring again.

    \b
    tocsin alerts unmute kursk-surrender-offer
    """
    was_muted = _change(event, alert, lambda mutes: mutes.unmute(event, alert))
    click.echo(f"{_named(event, alert)}: {'may ring again' if was_muted else 'was not muted'}")


def _change(event: str, alert: str | None, change: Callable[[Mutes], Awaitable[int]]) -> int:
    settings = Settings.from_environment()

    async def run() -> int:
        await wait_for_redis(settings)
        redis = RedisLink(settings)
        try:
            await _require(Catalog(redis.client, settings), event, alert)
            return await change(Mutes(redis.client, settings))
        finally:
            await redis.close()

    return asyncio.run(run())


async def _require(catalog: Catalog, event: str, alert: str | None) -> None:
    """Raise `UserError` for an event or an alert that there isn't."""
    tracked = {**await catalog.pending(), **await catalog.serving()}
    if event not in tracked:
        raise UserError(f"no tracked event {event!r}; `tocsin events list` names them")
    names = [each.name for each in tracked[event].alerts]
    if alert is not None and alert not in names:
        raise UserError(f"{event} has no alert {alert!r}; it has {', '.join(names) or 'none'}")


def _named(event: str, alert: str | None) -> str:
    return event if alert is None else f"{event}, {alert}"
