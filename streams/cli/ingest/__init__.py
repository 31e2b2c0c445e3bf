"""`tocsin ingest`: bring posts and articles in. One module a source, loaded when it is called."""

import difflib
import importlib

import click

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


class Sources(click.Group):
    """Loads `streams.cli.ingest.NAME` for the source NAME: its function `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The sources, in their order."""
        return list(SOURCES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that source."""
        if cmd_name not in SOURCES:
            return None
        found: click.Command = importlib.import_module(f"streams.cli.ingest.{cmd_name}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of sources, without loading any."""
        with formatter.section("Sources"):
            formatter.write_dl(list(SOURCES.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest source where one is misspelt."""
        name = args[0] if args else ""
        if name not in SOURCES and not name.startswith("-"):
            near = difflib.get_close_matches(name, SOURCES, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(SOURCES)}"
            raise click.UsageError(f"no source {name!r}{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=Sources)
def command() -> None:
    """Bring posts and articles in: from a platform, from files, or over HTTP (POST /ingest/posts on `tocsin serve`).

    \b
    tocsin ingest files posts.ndjson.gz --span 6d
    tocsin ingest bluesky
    TOCSIN_MASTODON_TOKEN_FILE=token tocsin ingest mastodon https://mastodon.social

    A platform's source is a connector: a process that runs until it is stopped, connects again by the platform's rules,
    and remembers in Kafka how far it has read and when it saw nothing. Run one process a connector, each under a --name
    of its own.
    """
