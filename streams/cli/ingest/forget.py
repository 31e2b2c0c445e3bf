"""`tocsin ingest forget`."""

import asyncio
import time

import click

from streams import topics
from streams.cli.ingest.running import slug
from streams.connections import COMMAND_LIMIT, RedisLink, wait_for_kafka, wait_for_redis
from streams.errors import UserError
from streams.ingest.frame import reports
from streams.settings import Settings
from streams.trends.connectors import PRESUMED_BLIND, Connectors


@click.command("forget")
@click.argument("name", callback=slug)
def command(name: str) -> None:
    """Forget the connector NAME, which is no longer run: what it doesn't see is nobody's loss from now on.

    \b
    tocsin ingest forget mastodon-kursk

    Its cursor goes, and so do its blind spells: a connector that is started under that name begins anew. Until it is
    forgotten, a connector that has stopped counts as blind, and alerts that need to see everything hold their breath.
    """
    asyncio.run(_forget(Settings.from_environment(), name))
    click.echo(f"{name} is forgotten")


async def _forget(settings: Settings, name: str) -> None:
    await wait_for_kafka(settings, COMMAND_LIMIT)
    await wait_for_redis(settings, COMMAND_LIMIT)
    await topics.require(settings, topics.CURSORS)
    found = await reports.newest(settings, name)
    redis = RedisLink(settings)
    try:
        connectors = Connectors(redis.client, settings)
        if found is None and name not in await connectors.reports():
            raise UserError(
                f"no connector {name!r} is known; tocsin_connector_blind on /metrics of `tocsin serve` names them"
            )
        age = time.time() - found.at.timestamp() if found is not None else PRESUMED_BLIND
        if found is not None and found.blind_since is None and age < PRESUMED_BLIND:
            raise UserError(f"the connector {name!r} reported {age:.0f} s ago: stop it first")
        await reports.forget(settings, name)
        await connectors.remove(name)
    finally:
        await redis.close()
