"""The command `tocsin`: one module a command, loaded when it is called, so that `--help` is quick.

Every mistake of a user ends in one line on standard error and an exit code; a traceback is a defect.
"""

import difflib
import importlib.util
import logging.config
import os
import sys
from typing import NoReturn

import click

from streams import logs
from streams.errors import UserError
from streams.settings import Settings
from streams.strays import refuse_strays

#: Command -> what it is for, in the order of a first day with Tocsin.
COMMANDS = {
    "demo": "Watch it work: everything on this machine, on the sample that ships with it.",
    "topics": "Create Kafka's topics, or copy them into more partitions.",
    "events": "Validate, apply, list, show and remove tracked events.",
    "worker": "Match, count and publish what Kafka carries.",
    "serve": "Serve /metrics, the API and POST /ingest.",
    "ingest": "Bring posts and articles in.",
    "trends": "Show what is moving.",
    "alerts": "Show what rang; test endpoints, deliver again.",
    "match": "Match a file of posts or articles offline, without Kafka or Redis.",
    "bursts": "Find bursts in a CSV of counts, offline.",
    "convert": "Convert what platforms gave, recorded in files, to posts and articles, offline.",
    "recount": "Count an event from the log anew and compare with Redis.",
    "forget": "Delete an author's posts, or one post, from every count.",
    "doctor": "Check Kafka, Redis, topics, clock and settings; say what to do.",
}


class Commands(click.Group):
    """Loads `streams.cli.NAME` for the command NAME: its function `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in teaching order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"streams.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command where one is misspelt."""
        name = args[0] if args else ""
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name, COMMANDS, 1)
            hint = f"; did you mean {near[0]!r}?" if near else "; `tocsin --help` lists them"
            raise UserError(f"no command {name!r}{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Settings are environment variables (TOCSIN_KAFKA, TOCSIN_REDIS, …): `tocsin doctor --settings` lists all.",
)
@click.version_option(package_name="tocsin")
def root() -> None:
    """Tocsin watches social posts and news for events that you describe, and counts them exactly.

    Start with `tocsin demo`.
    """


def main() -> None:
    """Run the command line and exit."""
    try:
        refuse_strays()
        logging.config.dictConfig(logs.config(Settings.from_environment()))
        code = root.main(prog_name="tocsin", standalone_mode=False)
    except UserError as error:
        _fail(str(error), error.code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(2)
    except click.ClickException as error:
        _fail(_one_line(error.format_message()), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted", 130)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - nobody reads on; keep the interpreter's own flush quiet
        sys.exit(0)
    except Exception as error:
        if service := _service(error):
            _fail(f"{service} failed: {_one_line(error)}", 69)
        raise
    else:
        sys.exit(code if isinstance(code, int) else 0)


def _service(error: Exception) -> str | None:
    """The service whose library raised the error. Both are loaded only here: they take longer than most commands do."""
    from aiokafka.errors import KafkaError
    from redis.exceptions import RedisError

    if isinstance(error, KafkaError):
        return f"Kafka at {Settings.from_environment().kafka} (TOCSIN_KAFKA)"
    return "Redis (TOCSIN_REDIS)" if isinstance(error, RedisError) else None


def _one_line(error: object) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"tocsin: {message}", err=True)
    sys.exit(code)
