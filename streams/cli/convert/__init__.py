"""`tocsin convert`: what a platform gave, recorded in files, to posts and articles, offline."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import click
import orjson

from schemas import Post
from schemas.codec import Unusable, decode_article, decode_post
from streams.cli.convert.converting import Converting
from streams.cli.convert.reading import READERS, Read, detected, of_facebook, of_feed, of_json
from streams.cli.groups import Group
from streams.ingest import columns as column_maps
from streams.ingest import facebook, mastodon, telegram
from streams.ingest.documents import LONGEST
from streams.ingest.feeds import transcripts
from streams.ingest.feeds.articles import Kind, Manner
from streams.ingest.lines import Lines
from streams.ingest.mapping import Outcome, checked
from streams.ingest.tables import rows, texts
from streams.ingest.times import parse_instant


@click.group("convert", cls=Group)
def command() -> None:
    """Convert what a platform gave, recorded in files, to posts and articles: one line of JSON each.

    \b
    tocsin convert x stream.ndjson.gz > posts.ndjson
    tocsin convert auto result.json | tocsin match --rule 'kursk surrender' -
    tocsin convert facebook export.csv | tocsin ingest files -

    FILES are plain, gzip or zstd; `-` is standard input. A record is one line on standard output, in order; so is a
    deletion. What is no record (a stream's warning, a service message) is counted on standard error. What should be one
    and can't be used is named there, with its line and field, and counted by reason; the exit code is 1 then.
    """


_files = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
_json = click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object, on standard error.")


@command.command("auto", short_help="Any of these, as the beginning of each file shows.")
@_files
@_json
def auto_(files: tuple[Path, ...], as_json: bool) -> None:
    """Convert FILES of any source, where the beginning of each shows which one recorded it; a file that could be of two
    is refused.

    \b
    tocsin convert auto result.json export.csv | tocsin ingest files -
    """
    _convert(files, detected, as_json)


@command.command("x", short_help="X: v2, v1.1, premium search, Gnip.")
@_files
@_json
def x_(files: tuple[Path, ...], as_json: bool) -> None:
    """Convert FILES of X's payloads to posts.

    \b
    tocsin convert x stream.ndjson.gz > posts.ndjson

    FILES hold a JSON document, or one a line. Each document is one post, an array of posts, a page of a search or a
    timeline, or a line of a stream, and its format is seen by itself: v2 with `includes`, v1.1 and premium search,
    Gnip's activities and its original format. They may be mixed. The versions of an edited post are one post: its id is
    that of the first version.
    """
    _convert(files, READERS["x"], as_json)


@command.command("mastodon", short_help="Mastodon: statuses, timelines, the streaming API's messages.")
@_files
@click.option("--host", default="", help="The server that gave them: ids and handles of its own are told apart by it.")
@_json
def mastodon_(files: tuple[Path, ...], host: str, as_json: bool) -> None:
    """Convert FILES of statuses, of timelines or of messages of the streaming API to posts.

    \b
    tocsin convert mastodon timeline.json --host mastodon.social

    With --host posts have the ids that `tocsin ingest mastodon` gives them.
    """
    server = mastodon.Server(host=host)
    _convert(files, of_json(lambda payload: mastodon.records(payload, server, _now())), as_json)


@command.command("truthsocial", short_help="Truth Social: the same, with its own fields.")
@_files
@_json
def truthsocial_(files: tuple[Path, ...], as_json: bool) -> None:
    """Convert FILES of Truth Social's statuses and timelines to posts.

    \b
    tocsin convert truthsocial statuses.json
    """
    _convert(files, READERS["truthsocial"], as_json)


@command.command("bluesky", short_help="Bluesky: Jetstream's events, the AppView's answers.")
@_files
@_json
def bluesky_(files: tuple[Path, ...], as_json: bool) -> None:
    """Convert FILES of Jetstream's events or of answers of Bluesky's AppView to posts.

    \b
    tocsin convert bluesky jetstream.ndjson.zst
    """
    _convert(files, READERS["bluesky"], as_json)


@command.command("telegram", short_help="Telegram: exports of Telegram Desktop, updates of the Bot API.")
@_files
@click.option("--zone", default="UTC", show_default=True, help="Of the machine that made an export without unix times.")
@_json
def telegram_(files: tuple[Path, ...], zone: str, as_json: bool) -> None:
    """Convert FILES of Telegram's to posts: result.json of an export, answers to getUpdates, single updates.

    \b
    tocsin convert telegram result.json --zone Europe/Kyiv

    A post's id is CHAT/MESSAGE, the same in both formats. An export names no handles: `from:` finds a channel by its
    number there.
    """
    try:
        known = ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        raise click.BadParameter(f"expected a zone such as Europe/Kyiv, found {zone!r}", param_hint="--zone") from None
    _convert(files, of_json(lambda payload: telegram.records(payload, zone=known)), as_json)


@command.command("facebook", short_help="Facebook: CSV of Meta's Content Library or of CrowdTangle.")
@_files
@click.option(
    "--earlier",
    type=click.Path(path_type=Path),
    help="FILES are complete: what this earlier export holds and they don't, within the time they span, is deleted.",
)
@_json
def facebook_(files: tuple[Path, ...], earlier: Path | None, as_json: bool) -> None:
    """Convert FILES of CSV that Meta's Content Library or CrowdTangle exported to posts; columns go by their header.

    \b
    tocsin convert facebook monday.csv --earlier sunday.csv | tocsin ingest files -

    An export tells of no deletion. Only where you say that FILES are complete, with --earlier, does what is gone from
    them become one.
    """
    if earlier is None:
        _convert(files, of_facebook, as_json)
        return
    before = [outcome for _, _, outcome in Converting().each(earlier, of_facebook) if isinstance(outcome, Post)]
    converting = Converting()
    kept: list[Post] = []
    for path in files:
        for name, number, outcome in converting.each(path, of_facebook):
            converting.take(name, number, outcome)
            if isinstance(outcome, Post):
                kept.append(outcome)
    for deletion in facebook.deletions(before, kept, _now()):
        converting.take(earlier.name, 0, deletion)
    converting.end(as_json)


@command.command("feeds", short_help="News: RSS, Atom, JSON Feed, GDELT's files.")
@_files
@click.option("--address", default="", help="Where the feed stood: relative links are resolved against it.")
@click.option("--kind", type=click.Choice(get_args(Kind)), default="article", show_default=True, help="Of every item.")
@click.option("--outlet", help="Domain of the outlet of every item. Default: that of each item's link.")
@_json
def feeds_(files: tuple[Path, ...], address: str, kind: Kind, outlet: str | None, as_json: bool) -> None:
    """Convert FILES of RSS, Atom, RDF, JSON Feed or GDELT's (events, mentions, knowledge graph) to articles.

    \b
    tocsin convert feeds rss.xml --address https://example.org/rss.xml

    An item without an address on the web is refused: its address is what an article goes by.
    """
    _convert(files, of_feed(Manner(kind=kind, outlet=outlet), address), as_json)


@command.command("transcript", short_help="Broadcasts: WebVTT or SRT.")
@_files
@click.option("--url", required=True, help="Address of the broadcast: what the article goes by.")
@click.option("--title", default="", help="What it is called.")
@click.option("--published", metavar="INSTANT", help="When it was on the air, 2025-03-14T18:00:00Z.")
@click.option("--outlet", help="Domain of who broadcast it. Default: that of the address.")
@click.option("--lang", help="Its language, such as ru.")
@_json
def transcript_(
    files: tuple[Path, ...],
    url: str,
    title: str,
    published: str | None,
    outlet: str | None,
    lang: str | None,
    as_json: bool,
) -> None:
    """Convert one broadcast's transcript, in FILES one after the other, to an article of kind transcript.

    \b
    tocsin convert transcript talk.vtt --url https://example.org/talk --published 2025-03-14T18:00:00Z
    """
    try:
        instant = None if published is None else parse_instant(published)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--published") from None
    manner = Manner(kind="transcript", outlet=outlet, lang=lang)
    converting = Converting()
    said: list[str] = []
    for path in files:
        with Lines(path, LONGEST, 256) as lines:
            try:
                said.append(transcripts.text(lines.whole()))
            except Unusable as error:
                converting.take(lines.name, 1, error)
    if said:
        article = checked(lambda: transcripts.article("\n".join(said), url, title, instant, manner))
        converting.take(files[0].name, 1, article)
    converting.end(as_json)


@command.command("csv", short_help="Any CSV, with a map of its columns.")
@_files
@click.option("--columns", required=True, help="FIELD=COLUMN,…, such as text=Message,id=Post ID; or a YAML file.")
@click.option("--set", "constants", multiple=True, metavar="FIELD=VALUE", help="The same in every row: platform=vk.")
@_json
def csv_(files: tuple[Path, ...], columns: str, constants: tuple[str, ...], as_json: bool) -> None:
    """Convert FILES of CSV to posts (rows with a platform) or articles, by a map of their columns.

    \b
    tocsin convert csv vk.csv --columns 'id=Post ID,text=Message,created_at=Date,author.handle=User' --set platform=vk

    `tocsin ingest files` takes the same map.
    """
    mapping = column_maps.parse(columns, constants)

    def read(lines: Lines) -> Iterator[tuple[int, Outcome]]:
        try:
            for row in rows(texts(lines)):
                if isinstance(row, tuple):
                    yield row
                    continue
                mapping.require(row.cells, lines.path)
                yield row.line, _decoded(orjson.dumps(column_maps.record(row.cells, mapping)))
        except Unusable as error:
            yield 1, error

    _convert(files, read, as_json)


def _now() -> int:
    return int(time.time() * 1_000)


def _decoded(raw: bytes) -> Outcome:
    try:
        return decode_post(raw) if b'"platform"' in raw else decode_article(raw)
    except Unusable as error:
        return error


def _convert(files: tuple[Path, ...], read: Read, as_json: bool) -> None:
    converting = Converting()
    for path in files:
        for found in converting.each(path, read):
            converting.take(*found)
    converting.end(as_json)
