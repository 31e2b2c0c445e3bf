"""`tocsin ingest truthsocial`."""

from urllib.parse import quote

import aiohttp
import click

from streams.cli.ingest.mastodon import address
from streams.cli.ingest.running import name_option, run, seconds
from streams.ingest.frame import Source
from streams.ingest.mastodon import TRUTHSOCIAL, Api, Polling, Server
from streams.settings import Settings


@click.command("truthsocial")
@click.option("--account", "accounts", multiple=True, metavar="HANDLE", help="Read this account; may be repeated.")
@click.option("--tag", "tags", multiple=True, metavar="NAME", help="Read this hashtag; may be repeated.")
@click.option(
    "--every", default="30s", metavar="DURATION", show_default=True, help="Time between two rounds over all of them."
)
@click.option("--url", default="https://truthsocial.com", show_default=True, help="The server.")
@name_option("truthsocial")
def command(accounts: tuple[str, ...], tags: tuple[str, ...], every: str, url: str, name: str) -> None:
    """Bring in accounts and hashtags of Truth Social, until stopped. A token, if any, is TOCSIN_TRUTHSOCIAL_TOKEN.

    \b
    tocsin ingest truthsocial --account realDonaldTrump
    tocsin ingest truthsocial --tag ukraine --every 2m --name truthsocial-ukraine

    Truth Social speaks Mastodon's API and doesn't stream: the newest 40 truths of each account and tag are read each
    round, and compared with the round before, so that edits and deletes among them come in too. Prominent accounts are
    shown without a token; others want one. Its guard now and then answers with an HTML page instead: that is waited
    out, as are rate limits.
    """
    if not accounts and not tags:
        raise click.UsageError("name what to read: --account HANDLE or --tag NAME")
    interval, base = seconds(every, "--every"), address(url)

    def make(settings: Settings, session: aiohttp.ClientSession) -> Source:
        api = Api(session, base, settings.truthsocial_token, "TOCSIN_TRUTHSOCIAL_TOKEN")
        timelines = [(f"/api/v1/timelines/tag/{quote(tag.lstrip('#'), safe='')}", dict[str, str]()) for tag in tags]
        return Polling(api, Server(TRUTHSOCIAL), accounts, timelines, interval)

    run(name, make)
