"""`tocsin ingest feeds`."""

from pathlib import Path

import aiohttp
import click

from streams.cli.ingest.running import USER_AGENT, name_option, run
from streams.ingest.feeds import listing
from streams.ingest.feeds.fetching import Fetcher
from streams.ingest.feeds.polling import Feeds
from streams.ingest.frame import Source
from streams.settings import Settings


@click.command("feeds")
@click.argument("urls", nargs=-1)
@name_option("feeds")
@click.option(
    "--list", "path", type=click.Path(path_type=Path), help="File of feeds: an address a line, or YAML with settings."
)
def command(urls: tuple[str, ...], name: str, path: Path | None) -> None:
    """Bring in the items of feeds (RSS, Atom, JSON Feed; GDELT's lastupdate.txt) as articles, until stopped.

    \b
    tocsin ingest feeds --list feeds.yaml
    tocsin ingest feeds https://example.org/rss.xml http://data.gdeltproject.org/gdeltv2/lastupdate.txt

    feeds.yaml:

    \b
    - https://example.org/rss.xml
    - url: https://example.org/press/feed.xml
      kind: press_release          # or transcript: the items' WebVTT or SRT is fetched
      outlet: example.org          # default: the domain of each item's link
      every: 5m                    # default 15m, at least 1m
      text: true                   # each item's page is fetched for its text (extra `articles`)
      private: true                # it may be at a private address

    A feed is asked for with what its last answer said of its version; one request at a time goes to a host, and
    Retry-After holds. An item that changes is an edit. Addresses that resolve to private ones are refused.
    """
    if bool(urls) == (path is not None):
        raise click.UsageError("name the feeds' addresses, or a file of them with --list")
    feeds = listing.read(path) if path is not None else listing.of(urls)
    hosts = listing.private_hosts(feeds)

    def make(settings: Settings, session: aiohttp.ClientSession) -> Source:
        return Feeds(feeds, lambda: Fetcher(USER_AGENT, hosts.__contains__))

    run(name, make)
