"""`tocsin ingest mastodon`."""

import re

import aiohttp
import click

from streams.cli.ingest.running import name_option, run, seconds
from streams.ingest.frame import Source
from streams.ingest.mastodon import MASTODON, Api, Polling, Server, Streaming
from streams.ingest.mastodon.status import host_of
from streams.settings import Settings

#: Timeline -> the streaming channel, the path behind it, and the name of its argument.
_TIMELINES = {
    "public": ("public", "/api/v1/timelines/public", None),
    "local": ("public/local", "/api/v1/timelines/public", "local"),
    "home": ("user", "/api/v1/timelines/home", None),
    "tag": ("hashtag", "/api/v1/timelines/tag/{}", "tag"),
    "list": ("list", "/api/v1/timelines/list/{}", "list"),
}


@click.command("mastodon")
@click.argument("server", metavar="URL")
@click.option(
    "--timeline",
    default="public",
    show_default=True,
    metavar="NAME",
    help="public (with what other servers send), local, home, tag:NAME or list:ID.",
)
@click.option("--account", "accounts", multiple=True, metavar="HANDLE", help="Read this account's statuses instead.")
@click.option(
    "--every", default="30s", metavar="DURATION", show_default=True, help="With --account or --poll: how often to ask."
)
@click.option("--poll", is_flag=True, help="Ask for the timeline again and again, for a server that does not stream.")
@name_option("mastodon")
def command(server: str, timeline: str, accounts: tuple[str, ...], every: str, poll: bool, name: str) -> None:
    """Bring in a timeline of the Mastodon server at URL, until stopped. Its token is TOCSIN_MASTODON_TOKEN.

    \b
    TOCSIN_MASTODON_TOKEN_FILE=token tocsin ingest mastodon https://mastodon.social
    tocsin ingest mastodon https://mastodon.social --timeline tag:kursk --name mastodon-kursk
    tocsin ingest mastodon https://mastodon.social --account Gargron --every 2m

    The stream brings statuses, edits and deletes as they happen; what came while the connection was away is read from
    the timeline. Polled, the newest 40 statuses are compared each time: edits, and deletes of those, come in too. Most
    servers ask for a token (Preferences, Development, New application; scope `read`), some show public timelines to
    all. Only what everybody may read comes in. A post's id is SERVER/ID, a handle NAME@SERVER.
    """
    interval = seconds(every, "--every")
    kind, _, argument = timeline.partition(":")
    if kind not in _TIMELINES or bool(argument) != (kind in ("tag", "list")):
        raise click.BadParameter(
            f"expected public, local, home, tag:NAME or list:ID, found {timeline[:80]!r}", param_hint="--timeline"
        )
    base = address(server)
    channel, path, key = _TIMELINES[kind]
    path = path.format(argument)
    query = {} if key is None else {key: argument or "true"}

    def make(settings: Settings, session: aiohttp.ClientSession) -> Source:
        api = Api(session, base, settings.mastodon_token, "TOCSIN_MASTODON_TOKEN")
        known = Server(MASTODON, host_of(base))
        if accounts or poll:
            return Polling(api, known, accounts, [] if accounts else [(path, query)], interval)
        return Streaming(api, known, channel, path, query)

    run(name, make)


def address(text: str) -> str:
    """A server's address, checked."""
    found = text.rstrip("/") if "://" in text else f"https://{text.rstrip('/')}"
    if not re.fullmatch(r"https?://[^/\s?#@]+", found):
        raise click.BadParameter(f"expected a server such as https://mastodon.social, found {text[:80]!r}")
    return found
