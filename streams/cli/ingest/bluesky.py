"""`tocsin ingest bluesky`."""

import click

from streams.cli.ingest.running import name_option, run
from streams.ingest.bluesky import Jetstream, Options
from streams.ingest.bluesky.jetstream import PUBLIC


@click.command("bluesky")
@name_option("bluesky")
@click.option("--url", default=PUBLIC, show_default=True, help="The Jetstream instance: its address of /subscribe.")
@click.option("--account", "accounts", multiple=True, metavar="DID", help="Only this account; may be repeated.")
@click.option("--reposts/--no-reposts", default=True, show_default=True, help="Whether reposts are taken too.")
def command(name: str, url: str, accounts: tuple[str, ...], reposts: bool) -> None:
    """Bring in what is posted on Bluesky, from a Jetstream instance, until stopped. No account is needed.

    \b
    tocsin ingest bluesky
    tocsin ingest bluesky --name bluesky-osint --account did:plc:… --account did:plc:…

    Posts, replies, quotes, reposts, changed records (edits) and deletes come in; likes and follows are no posts. A
    post's id is its AT URI. Jetstream tells an author's DID; the handle follows once it says so (an identity event),
    until then the DID stands in for it. After a break it goes on from its cursor; what Jetstream no longer has is
    reported as a blind spell.
    """
    bad = [each for each in accounts if not each.startswith("did:")]
    if bad:
        raise click.BadParameter(f"expected a DID such as did:plc:…, found {bad[0][:80]!r}", param_hint="--account")
    options = Options(url=url, reposts=reposts, dids=accounts)
    run(name, lambda settings, session: Jetstream(session, options))
