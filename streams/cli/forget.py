"""`tocsin forget`: take an author's posts, or one post or article, out of every count."""

import asyncio
import sys

import click
import orjson

from streams.cli.progress import progress
from streams.connections import wait_for_kafka
from streams.errors import UserError
from streams.scans.forget import Found, Target, delete, find, target
from streams.settings import Settings


@click.command("forget")
@click.argument("what", metavar="AUTHOR|POST")
@click.option("--by-id", is_flag=True, help="AUTHOR is PLATFORM/ID: an id outlives a change of handle.")
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(what: str, by_id: bool, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Delete what the log holds of an author (x/someone), or one post (x:123) or article (its URL).

    \b
    tocsin forget x/someone --dry-run
    tocsin forget x:123 --yes
    tocsin forget https://example.org/article

    A delete of each goes into the log: the workers take it out of all counts, and it stays out, whatever is fed again.
    The texts themselves lie in Kafka until retention takes them, in `posts`, `articles` and `dead-letters`. What others
    repeated or quoted is theirs and stays. Exit code 1 where nothing is found.
    """
    wanted = target(what, by_id=by_id)
    settings = Settings.from_environment()
    found = asyncio.run(_find(settings, wanted))
    standing, already = len(found.standing), len(found.deleted)
    if not found.versions:
        raise UserError(f"the log holds nothing of {what}; nothing was deleted", code=1)
    deleted = 0
    if standing and not dry_run:
        if not yes:
            _confirm(f"Delete {_counted(standing)} of {what}? There is no way back")
        deleted = asyncio.run(_delete(settings, found))
    if as_json:
        click.echo(orjson.dumps({"found": standing + already, "deleted": deleted, "already": already}).decode())
    else:
        done = f"{_counted(standing)} to delete" if dry_run else f"{_counted(deleted)} deleted"
        click.echo(f"{what}: {done}, {already} deleted before")


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise UserError("nobody can be asked here: say --yes, or --dry-run to see what would be deleted")
    click.confirm(question, abort=True, err=True)


def _counted(n: int) -> str:
    return "1 record" if n == 1 else f"{n} records"


async def _find(settings: Settings, wanted: Target) -> Found:
    await wait_for_kafka(settings)
    with progress("Reading the log") as told:
        return await find(settings, wanted, told)


async def _delete(settings: Settings, found: Found) -> int:
    with progress("Deleting") as told:
        return await delete(settings, found, told)
