"""`tocsin topics`: create what Kafka has to hold."""

import asyncio

import click
import orjson

from streams import topics
from streams.connections import admin, wait_for_kafka
from streams.settings import Settings


@click.group("topics")
def command() -> None:
    """Create Kafka's topics with the settings that Tocsin's promises need."""


@command.command("create")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def create(as_json: bool) -> None:
    """Create the topics that are missing; existing ones are left as they are.

    Kafka's own automatic creation would take nonsense timestamps, which never expire, and too few partitions.
    """
    settings = Settings.from_environment()
    created = asyncio.run(_create(settings))
    if as_json:
        click.echo(orjson.dumps({"created": created}).decode())
    elif created:
        click.echo("Created " + ", ".join(created))
    else:
        click.echo("All topics exist.")


async def _create(settings: Settings) -> list[str]:
    await wait_for_kafka(settings)
    async with admin(settings) as client:
        return await topics.create(client, settings)
