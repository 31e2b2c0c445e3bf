"""Groups of commands: a misspelt name is answered with the nearest one, and members may be loaded when they are called.

Knows no command.
"""

import difflib
import importlib
from collections.abc import Mapping
from typing import Any

import click

from streams.errors import UserError


class Group(click.Group):
    """A group that names the nearest of its commands where one is misspelt."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names. Raises `UserError` for one that there is not."""
        name = args[0] if args else ""
        known = self.list_commands(ctx)
        if name not in known and not name.startswith("-"):
            raise UserError(f"no command `{ctx.command_path} {name}`; {self.hint(ctx, name)}")
        return super().resolve_command(ctx, args)

    def hint(self, ctx: click.Context, name: str) -> str:
        """What to call instead of `name`, which is none of the commands."""
        near = difflib.get_close_matches(name, self.list_commands(ctx), 1)
        return f"did you mean {near[0]!r}?" if near else f"`{ctx.command_path} --help` lists them"


class Package(Group):
    """A group of which each member is the function `command` of the module of its name in `package`."""

    def __init__(
        self, *args: Any, package: str, members: Mapping[str, str], heading: str = "Commands", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._package, self._members, self._heading = package, members, heading

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The members, in teaching order."""
        return list(self._members)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The member of that name."""
        if cmd_name not in self._members:
            return None
        command: click.Command = importlib.import_module(f"{self._package}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of members, without loading any."""
        with formatter.section(self._heading):
            formatter.write_dl(list(self._members.items()))
