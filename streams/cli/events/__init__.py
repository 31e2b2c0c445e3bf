"""`tocsin events`: from files a person writes to what is tracked."""

import click

from streams.cli.events.tracked import apply, list_, remove, show
from streams.cli.events.validate import validate
from streams.cli.groups import Group


@click.group("events", cls=Group)
def command() -> None:
    """Describe events to watch, in YAML files, and track them.

    \b
    tocsin events validate rotterdam.yaml
    tocsin events apply rotterdam.yaml

    A change takes effect in every worker within 5 seconds, without a restart; posts that are already in the log are
    counted too.
    """


for each in (validate, apply, list_, show, remove):
    command.add_command(each)
