"""What the commands of events share: their options, and how they print JSON."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import orjson

lists_option = click.option(
    "--lists",
    type=click.Path(path_type=Path),
    help="Folder of account lists (NAME.txt). Default: `lists` beside each file's folder, or in it.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(value: Iterable[Any] | dict[str, Any]) -> None:
    """Print it for programs and people alike: on several lines, indented."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
