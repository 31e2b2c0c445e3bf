"""`tocsin topics`: create what Kafka has to hold."""

import asyncio

import click
import orjson

from streams import topics
from streams.connections import admin, wait_for_kafka
from streams.errors import UserError
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
    created, wrong = asyncio.run(_create(settings))
    if as_json:
        click.echo(orjson.dumps({"created": created, "wrong": wrong}).decode())
    elif created:
        click.echo("Created " + ", ".join(created))
    elif not wrong:
        click.echo("All topics exist.")
    if wrong:
        raise UserError("; ".join(wrong), code=1)


async def _create(settings: Settings) -> tuple[list[str], list[str]]:
    await wait_for_kafka(settings)
    async with admin(settings) as client:
        created = await topics.create(client, settings)
        return created, await topics.misshapen(client, settings)
