"""`tocsin ingest x`."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection

import aiohttp
import click
import msgspec

from streams.cli.ingest.running import name_option, run, secret_or_fail
from streams.connections import wait_for_kafka
from streams.ingest.frame import Source
from streams.ingest.x import Options, Rule, Stream
from streams.ingest.x.rules import TAG
from streams.ingest.x.stream import PUBLIC, SECRET
from streams.matching import RuleError
from streams.settings import Settings
from streams.tracking.topic import read_tracked
from streams.xrules import LONGEST, Untranslatable, rules_of

log = logging.getLogger(__name__)


@click.command("x")
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="Ask X for this instead, as X writes rules.")
@click.option("--dry-run", is_flag=True, help="Print the rules that X would be asked for, and end. X hears nothing.")
@click.option("--keep-rules", is_flag=True, help="Leave X's rules as they are: somebody else keeps them.")
@click.option(
    "--longest", default=LONGEST, show_default=True, type=click.IntRange(64), help="Characters X takes a rule."
)
@click.option(
    "--backfill",
    default=0,
    show_default=True,
    type=click.IntRange(0, 5),
    help="Minutes that X repeats after a break, where your access has it: a shorter break loses nothing.",
)
@click.option(
    "--compliance",
    "partition",
    type=click.IntRange(1, 4),
    help="Read this partition of X's compliance stream instead: deletions, for access that has it.",
)
@click.option("--url", default=PUBLIC, show_default=True, help="X's API.")
@name_option("x")
@click.pass_context
def command(
    context: click.Context,
    rules: tuple[str, ...],
    dry_run: bool,
    keep_rules: bool,
    longest: int,
    backfill: int,
    partition: int | None,
    url: str,
    name: str,
) -> None:
    """Bring in X's filtered stream, until stopped. Its app's bearer token is TOCSIN_X_TOKEN.

    \b
    tocsin ingest x --dry-run
    TOCSIN_X_TOKEN_FILE=token tocsin ingest x --backfill 2
    tocsin ingest x --rule 'kursk (surrender OR encircled)'

    What X is asked for follows the tracked events, looked at every minute: each becomes rules with the tag
    tocsin:EVENT, tried with dry_run before any is changed; rules with other tags are left alone. X's language is
    smaller than ours, so a rule there finds more than the event matches, and the workers decide. An event that has no
    such rule, for X knows no prefixes like kursk*, is named in the log; say in its part on-x what X is to be asked.
    With --dry-run each rule is a line of JSON, and the exit code is 1 where an event has none; no token is needed.

    Edits are later records of the same post. The filtered stream brings no deletions; the compliance streams do.
    """
    if keep_rules and dry_run:
        raise click.UsageError("--keep-rules asks X for nothing: leave --dry-run out")
    if keep_rules and rules:
        raise click.UsageError("--keep-rules leaves X's rules alone: leave --rule out")
    options = Options(url=url.rstrip("/"), backfill=backfill, partition=partition)
    said: set[str] = set()

    async def wanted(settings: Settings) -> Collection[Rule]:
        if rules:
            return [Rule(value, f"{TAG}rule-{number}") for number, value in enumerate(rules, 1)]
        return await _tracked(settings, longest, said)

    if dry_run:
        found = asyncio.run(_dry(Settings.from_environment(), wanted))
        click.echo(b"".join(msgspec.json.encode(rule) + b"\n" for rule in found), nl=False)
        context.exit(1 if said or not found else 0)

    def make(settings: Settings, session: aiohttp.ClientSession) -> Source:
        token = secret_or_fail(settings.x_token, SECRET, "the bearer token of your app on developer.x.com")
        own_rules = not keep_rules and partition is None
        return Stream(session, token, options, (lambda: wanted(settings)) if own_rules else None)

    run(name, make)


async def _dry(settings: Settings, wanted: Callable[[Settings], Awaitable[Collection[Rule]]]) -> Collection[Rule]:
    await wait_for_kafka(settings)
    found = await wanted(settings)
    if not found:
        log.warning("X would be asked for nothing: `tocsin events apply FILE` tracks an event")
    return found


async def _tracked(settings: Settings, longest: int, said: set[str]) -> list[Rule]:
    """X's rules for what is tracked now. What has none is `said` in the log, once."""
    found: list[Rule] = []
    for event in (await read_tracked(settings)).values():
        try:
            found += rules_of(event, longest)
        except (Untranslatable, RuleError) as problem:
            if str(problem) not in said:
                said.add(str(problem))
                log.warning("%s", problem)
    return found
