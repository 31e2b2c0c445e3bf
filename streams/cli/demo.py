"""`tocsin demo`: the first thing to run."""

import asyncio
import logging
import sys

import click
import msgspec
from rich.console import Console

from streams.settings import parse_duration


@click.command("demo")
@click.option(
    "--for", "duration", metavar="DURATION", help="End by itself after so long: 60 (seconds), 2m … 20 is enough."
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON at the end; the view goes to stderr.")
@click.pass_context
def command(context: click.Context, duration: str | None, as_json: bool) -> None:
    """Watch Tocsin work: five tracked events in two days of March 2025, replayed in a minute.

    \b
    tocsin demo
    tocsin demo --for 30 --json

    Starts a broker, a Redis, a worker and `serve` in a temporary folder, shows what moves, and checks every count
    against a recount of the log and against what is known of the sample. Nothing is left when it ends. Where
    TOCSIN_KAFKA or TOCSIN_REDIS is set, that server is used, under names that are deleted at the end; but not where
    they come from the `env` of an earlier demo.
    Without --for it goes on until Ctrl-C. The exit code is 1 where a check fails.
    """
    from streams.demo.run import Demo, Stopped, verdict

    try:
        seconds = None if duration is None else parse_duration(f"{duration}s" if duration.isdigit() else duration)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from None
    logging.getLogger().setLevel(logging.WARNING)  # the view is what speaks
    console = Console(file=sys.stderr if as_json else sys.stdout)
    try:
        outcome = asyncio.run(Demo(seconds, console).run())
    except Stopped as stopped:
        said = f"; {verdict(stopped.outcome)}" if stopped.outcome else ""
        click.echo(f"Stopped: nothing is left running, and no file{said}.", err=as_json)
        if duration is not None:
            context.exit(128 + stopped.by)
        context.exit(1 if stopped.outcome and stopped.outcome.troubles else 0)
    if as_json:
        click.echo(msgspec.json.encode(outcome.result))
        for trouble in outcome.troubles:
            click.echo(f"tocsin: {trouble}", err=True)
    else:
        result = outcome.result
        click.echo(
            f"{result.posts:,} posts and {result.articles:,} articles in {result.seconds:g} s: "
            f"{result.matched:,} matches counted, {result.retracted:,} taken back.\n{verdict(outcome)}."
        )
    context.exit(1 if outcome.troubles else 0)
