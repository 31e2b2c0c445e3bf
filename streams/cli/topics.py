"""`tocsin topics`: create what Kafka has to hold, and copy it into more partitions."""

import asyncio

import click
import orjson

from streams import topics
from streams.cli.groups import Group
from streams.cli.progress import progress
from streams.connections import admin, wait_for_kafka
from streams.errors import UserError
from streams.scans.move import Moved
from streams.scans.move import move as copy
from streams.settings import Settings


@click.group("topics", cls=Group)
def command() -> None:
    """Create Kafka's topics with the settings that Tocsin's promises need, or grow them."""


@command.command("create", short_help="Create the topics that are missing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def create(as_json: bool) -> None:
    """Create the topics that are missing; existing ones are left as they are.

    \b
    TOCSIN_KAFKA=kafka:9092 TOCSIN_REPLICATION=3 tocsin topics create

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


@command.command("move", short_help="Copy the log into topics with more partitions.")
@click.option("--to", "prefix", required=True, metavar="PREFIX", help="The new topics' TOCSIN_TOPIC_PREFIX.")
@click.option("--partitions", required=True, type=click.IntRange(1, 10_000), help="Of the new posts and articles.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def move(prefix: str, partitions: int, as_json: bool) -> None:
    """Copy the log into new topics with another number of partitions: a number is a topic's for life.

    \b
    tocsin topics move --to v2- --partitions 48

    Run it while everything goes on; then stop feeds and workers and run it again, which copies the rest. Then start all
    with the new TOCSIN_TOPIC_PREFIX and TOCSIN_PARTITIONS, and a new TOCSIN_PREFIX: counts are made anew from the copy.
    """
    moved = asyncio.run(_move(Settings.from_environment(), prefix, partitions))
    if as_json:
        click.echo(orjson.dumps({"created": moved.created, "copied": moved.copied}).decode())
        return
    if moved.created:
        click.echo("Created " + ", ".join(moved.created))
    click.echo("Copied " + ", ".join(f"{n} of {name}" for name, n in moved.copied.items()))


async def _move(settings: Settings, prefix: str, partitions: int) -> Moved:
    await wait_for_kafka(settings)
    with progress("Copying") as told:
        return await copy(settings, prefix, partitions, told)


async def _create(settings: Settings) -> tuple[list[str], list[str]]:
    await wait_for_kafka(settings)
    async with admin(settings) as client:
        created = await topics.create(client, settings)
        return created, await topics.misshapen(client, settings)
