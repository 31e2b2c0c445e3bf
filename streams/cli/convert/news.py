"""`tocsin convert` of news: feeds, and transcripts of broadcasts."""

from pathlib import Path
from typing import get_args

import click

from schemas.codec import Unusable
from streams.cli.convert.converting import Converting, convert, files_argument, json_option
from streams.cli.convert.reading import of_feed
from streams.ingest.documents import LONGEST
from streams.ingest.feeds import transcripts
from streams.ingest.feeds.articles import Kind, Manner
from streams.ingest.lines import Lines
from streams.ingest.mapping import checked
from streams.ingest.times import parse_instant


@click.command("feeds", short_help="News: RSS, Atom, JSON Feed, GDELT's files.")
@files_argument
@click.option("--address", default="", help="Where the feed stood: relative links are resolved against it.")
@click.option("--kind", type=click.Choice(get_args(Kind)), default="article", show_default=True, help="Of every item.")
@click.option("--outlet", help="Domain of the outlet of every item. Default: that of each item's link.")
@json_option
def feeds_(files: tuple[Path, ...], address: str, kind: Kind, outlet: str | None, as_json: bool) -> None:
    """Convert FILES of RSS, Atom, RDF, JSON Feed or GDELT's (events, mentions, knowledge graph) to articles.

    \b
    tocsin convert feeds rss.xml --address https://example.org/rss.xml

    An item without an address on the web is refused: its address is what an article goes by.
    """
    convert(files, of_feed(Manner(kind=kind, outlet=outlet), address), as_json)


@click.command("transcript", short_help="Broadcasts: WebVTT or SRT.")
@files_argument
@click.option("--url", required=True, help="Address of the broadcast: what the article goes by.")
@click.option("--title", default="", help="What it is called.")
@click.option("--published", metavar="INSTANT", help="When it was on the air, 2025-03-14T18:00:00Z.")
@click.option("--outlet", help="Domain of who broadcast it. Default: that of the address.")
@click.option("--lang", help="Its language, such as ru.")
@json_option
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
