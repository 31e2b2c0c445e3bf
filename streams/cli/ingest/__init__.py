"""`tocsin ingest`: bring posts and articles in. One module a source, loaded when it is called."""

import click

from streams.cli.groups import Package

#: Source -> what it brings, in the order in which they are shown. Module NAME of this package has its `command`.
SOURCES = {
    "files": "Files of posts and articles, as NDJSON or CSV.",
    "bluesky": "Bluesky, all of it or some accounts, from Jetstream.",
    "mastodon": "A Mastodon server: its public timeline, tags, lists or accounts.",
    "truthsocial": "Accounts and tags of Truth Social.",
    "x": "X's filtered stream, by rules made from the tracked events.",
    "telegram": "Telegram's channels that a bot is in, from the Bot API.",
    "feeds": "News: RSS, Atom, JSON Feed, GDELT; press releases, transcripts.",
    "forget": "Forget a connector that is no longer run.",
}


#: What people look for among the sources, and where it is.
_ELSEWHERE = {
    "facebook": "Facebook gives exports, no stream: `tocsin convert facebook export.csv | tocsin ingest files -`",
    "transcript": "a transcript is a file: `tocsin convert transcript talk.vtt --url … | tocsin ingest files -`",
    "csv": "`tocsin ingest files table.csv --columns …` takes CSV",
    "rss": "`tocsin ingest feeds` reads RSS",
    "gdelt": "`tocsin ingest feeds` reads GDELT's lastupdate.txt",
}


class Sources(Package):
    """The sources."""

    def hint(self, ctx: click.Context, name: str) -> str:
        """What to call instead of `name`."""
        return _ELSEWHERE.get(name) or super().hint(ctx, name)


@click.group(cls=Sources, package=__name__, members=SOURCES, heading="Sources")
def command() -> None:
    """Bring posts and articles in: from a platform, from files, or over HTTP (POST /ingest/posts on `tocsin serve`).

    \b
    tocsin ingest files posts.ndjson.gz --span 6d
    tocsin ingest bluesky
    TOCSIN_MASTODON_TOKEN_FILE=token tocsin ingest mastodon https://mastodon.social
    tocsin convert facebook export.csv | tocsin ingest files -

    A platform's source is a connector: a process that runs until it is stopped, connects again by the platform's rules,
    and remembers in Kafka how far it has read and when it saw nothing. Run one process a connector, each under a --name
    of its own.
    """
