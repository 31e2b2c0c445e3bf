"""`tocsin alerts`: what rings and rang, what is kept quiet, and how messages fare on their way to the endpoints."""

import click

from streams.cli.alerts.endpoints import redeliver, secret, test
from streams.cli.alerts.listing import list_, show
from streams.cli.alerts.muting import mute, unmute
from streams.cli.groups import Group


@click.group("alerts", cls=Group)
def command() -> None:
    """See what rings, keep it quiet, and get messages to their endpoints.

    \b
    tocsin alerts list
    tocsin alerts mute kursk-surrender-offer --for 2h
    tocsin alerts test newsroom

    TOCSIN_ENDPOINTS names the YAML file of endpoints; docs/webhooks.md shows one.
    """


for each in (list_, show, mute, unmute, test, redeliver, secret):
    command.add_command(each)
