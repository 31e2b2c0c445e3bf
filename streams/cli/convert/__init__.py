"""`tocsin convert`: what a platform gave, recorded in files, to posts and articles, offline."""

import click

from streams.cli.convert.news import feeds_, transcript_
from streams.cli.convert.platforms import auto_, bluesky_, mastodon_, telegram_, truthsocial_, x_
from streams.cli.convert.tables import csv_, facebook_
from streams.cli.groups import Group


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


for each in (auto_, x_, mastodon_, truthsocial_, bluesky_, telegram_, facebook_, feeds_, transcript_, csv_):
    command.add_command(each)
