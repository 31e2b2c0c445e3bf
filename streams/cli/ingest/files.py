"""`tocsin ingest files`: bring recorded posts and articles in."""

import asyncio
import sys
from pathlib import Path

import click
import orjson
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from streams import topics
from streams.connections import admin, wait_for_kafka
from streams.errors import UserError
from streams.ingest import files
from streams.ingest.columns import parse
from streams.ingest.producing import Sender, reason
from streams.ingest.records import Kind
from streams.ingest.times import parse_instant
from streams.settings import Settings, parse_duration


@click.command("files")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--to", type=click.Choice(["posts", "articles"]), help="Topic of every record. Default: each is looked at."
)
@click.option("--speed", type=float, help="Seconds of the files' own time to replay in a second. Default: all at once.")
@click.option("--span", metavar="DURATION", help="Lay the files' times linearly onto the last 6d (90m, 36h, …).")
@click.option(
    "--until", metavar="INSTANT", help="With --span: where the last time lands, 2025-03-14T12:00:00Z. Default: now."
)
@click.option("--columns", help="PATHS are CSV: FIELD=COLUMN,…, such as text=Message,id=Post ID; or a YAML file.")
@click.option("--set", "constants", multiple=True, metavar="FIELD=VALUE", help="With --columns: in every row.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    paths: tuple[Path, ...],
    to: Kind | None,
    speed: float | None,
    span: str | None,
    until: str | None,
    columns: str | None,
    constants: tuple[str, ...],
    as_json: bool,
) -> None:
    """Send the records of PATHS (NDJSON or CSV, plain, .gz or .zst; - for standard input) to `posts` and `articles`.

    A record with a `platform` is a post, one with a `url` and no platform an article. Its Kafka timestamp is the newest
    of its own times: creation, edit, a version in milliseconds; without one, that of the record before it, or now.
    Kafka deletes what is older than the topics keep (TOCSIN_RETENTION): lay old files onto the last days with --span.
    Feeding a file again changes no count; with --span, feed it with the same --until.

    Records that break the schema are sent as they are, and become dead letters; one that is too large for Kafka becomes
    one at once, named FILE/0/LINE. The first is named on standard error. A file without a JSON object in its first 20
    lines is refused before anything is sent.

    \b
    tocsin ingest files vk.csv --columns 'id=Post ID,text=Text,created_at=Date,author.handle=User' --set platform=vk
    """
    options = _options(to, speed, span, until, columns, constants)
    summary = asyncio.run(_replay(Settings.from_environment(), paths, options))
    if summary.bad > 1:
        click.echo(f"{summary.bad - 1} more like it", err=True)
    if summary.older:
        click.echo(f"tocsin: {_older(summary)}", err=True)
    if as_json:
        names = ("read", "sent", "posts", "articles", "bad")
        click.echo(orjson.dumps({name: getattr(summary, name) for name in names}).decode())
    else:
        click.echo(
            f"{_counted(summary.read, 'record')} read, {summary.sent} sent: {_counted(summary.posts, 'post')}, "
            f"{_counted(summary.articles, 'article')}, {summary.bad} bad"
        )


def _older(summary: files.Summary) -> str:
    is_, it, its, time = ("is", "it", "its", "time") if summary.older == 1 else ("are", "them", "their", "times")
    return (
        f"{summary.older} of {_counted(summary.read, 'record')} {is_} older than the topics keep: Kafka may delete "
        f"{it} unread; --span 6d lays {its} {time} onto the last six days"
    )


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _options(
    to: Kind | None,
    speed: float | None,
    span: str | None,
    until: str | None,
    columns: str | None,
    constants: tuple[str, ...],
) -> files.Options:
    if speed is not None and not 0 < speed < float("inf"):
        raise click.BadParameter("expected a number above 0", param_hint="--speed")
    if until is not None and span is None:
        raise click.UsageError("--until says where --span ends: give --span too")
    try:
        seconds = None if span is None else parse_duration(span)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--span") from None
    if seconds == 0:
        raise click.BadParameter(f"expected a duration above 0, found {span!r}", param_hint="--span")
    try:
        instant = None if until is None else parse_instant(until)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--until") from None
    if constants and columns is None:
        raise click.UsageError("--set says what the rows of a CSV hold: give --columns too")
    mapping = None if columns is None else parse(columns, constants)
    return files.Options(to=to, speed=speed, span=seconds, until=instant, columns=mapping)


async def _replay(settings: Settings, paths: tuple[Path, ...], options: files.Options) -> files.Summary:
    sender = Sender(settings)
    with _bar() as bar:
        task = bar.add_task("", total=None, records=0, named=False)

        def show(now: files.Progress) -> None:
            if now.summary.first_bad and not bar.tasks[task].fields["named"]:
                bar.update(task, named=True)
                line = f"{now.summary.first_bad} (it becomes a dead letter)"
                bar.console.print(line, markup=False, highlight=False, emoji=False, soft_wrap=True)
            bar.update(task, description=now.phase, completed=now.done, total=now.total, records=now.summary.read)

        replay = files.Replay(settings, sender, paths, options, show)
        await _require_topics(settings)
        try:
            await sender.start()
        except KafkaError as error:
            raise UserError(f"Kafka at {settings.kafka} (TOCSIN_KAFKA): {reason(error)}", code=69) from None
        try:
            return await replay.run()
        finally:
            await sender.stop()


async def _require_topics(settings: Settings) -> None:
    await wait_for_kafka(settings)
    async with admin(settings) as client:
        missing = await topics.missing(client, settings)
    if missing:
        raise UserError(
            f"Kafka at {settings.kafka} has no topic {', '.join(missing)}: run `tocsin topics create`", code=69
        )


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[records]} records"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
