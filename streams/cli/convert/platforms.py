"""`tocsin convert` of what platforms give as JSON, and of a source that is found out."""

from pathlib import Path
from zoneinfo import ZoneInfo

import click

from streams.cli.convert.converting import convert, files_argument, json_option, now
from streams.cli.convert.reading import READERS, detected, of_json
from streams.ingest import mastodon, telegram


@click.command("auto", short_help="Any of these, as the beginning of each file shows.")
@files_argument
@json_option
def auto_(files: tuple[Path, ...], as_json: bool) -> None:
    """Convert FILES of any source, where the beginning of each shows which one recorded it; a file that could be of two
    is refused.

    \b
    tocsin convert auto result.json export.csv | tocsin ingest files -
    """
    convert(files, detected, as_json)


@click.command("x", short_help="X: v2, v1.1, premium search, Gnip.")
@files_argument
@json_option
def x_(files: tuple[Path, ...], as_json: bool) -> None:
    """Convert FILES of X's payloads to posts.

    \b
    tocsin convert x stream.ndjson.gz > posts.ndjson

    FILES hold a JSON document, or one a line. Each document is one post, an array of posts, a page of a search or a
    timeline, or a line of a stream, and its format is seen by itself: v2 with `includes`, v1.1 and premium search,
    Gnip's activities and its original format. They may be mixed. The versions of an edited post are one post: its id is
    that of the first version.
    """
    convert(files, READERS["x"], as_json)


@click.command("mastodon", short_help="Mastodon: statuses, timelines, the streaming API's messages.")
@files_argument
@click.option("--host", default="", help="The server that gave them: ids and handles of its own are told apart by it.")
@json_option
def mastodon_(files: tuple[Path, ...], host: str, as_json: bool) -> None:
    """Convert FILES of statuses, of timelines or of messages of the streaming API to posts.

    \b
    tocsin convert mastodon timeline.json --host mastodon.social

    With --host posts have the ids that `tocsin ingest mastodon` gives them.
    """
    server = mastodon.Server(host=host)
    convert(files, of_json(lambda payload: mastodon.records(payload, server, now())), as_json)


@click.command("truthsocial", short_help="Truth Social: the same, with its own fields.")
@files_argument
@json_option
def truthsocial_(files: tuple[Path, ...], as_json: bool) -> None:
    """Convert FILES of Truth Social's statuses and timelines to posts.

    \b
    tocsin convert truthsocial statuses.json
    """
    convert(files, READERS["truthsocial"], as_json)


@click.command("bluesky", short_help="Bluesky: Jetstream's events, the AppView's answers.")
@files_argument
@json_option
def bluesky_(files: tuple[Path, ...], as_json: bool) -> None:
    """Convert FILES of Jetstream's events or of answers of Bluesky's AppView to posts.

    \b
    tocsin convert bluesky jetstream.ndjson.zst
    """
    convert(files, READERS["bluesky"], as_json)


@click.command("telegram", short_help="Telegram: exports of Telegram Desktop, updates of the Bot API.")
@files_argument
@click.option("--zone", default="UTC", show_default=True, help="Of the machine that made an export without unix times.")
@json_option
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
    convert(files, of_json(lambda payload: telegram.records(payload, zone=known)), as_json)
