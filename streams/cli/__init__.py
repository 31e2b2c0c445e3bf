"""The command `tocsin`: one module a command, loaded when it is called, so that `--help` is quick.

Every mistake of a user ends in one line on standard error and an exit code; a traceback is a defect.
"""

import errno
import io
import logging.config
import os
import sys
from typing import NoReturn

import click

from streams import logs
from streams.cli.groups import Package
from streams.errors import UserError
from streams.settings import Settings
from streams.strays import refuse_strays

#: Command -> what it is for, in the order of a first day with Tocsin.
COMMANDS = {
    "demo": "Watch it work: everything on this machine, on the sample that ships with it.",
    "topics": "Create Kafka's topics, or copy them into more partitions.",
    "events": "Validate, apply, list, show and remove tracked events.",
    "worker": "Match, count and publish what Kafka carries.",
    "serve": "Serve the page, /metrics, the API and POST /ingest.",
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


#: What writing a result meets that is no defect: the disk is full, the quota used up, the file too large.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class NobodyReads(Exception):
    """Standard output was closed, as `| head` does."""


class Root(Package):
    """The command line."""

    def invoke(self, ctx: click.Context) -> object:
        """Run what was called. Raises `NobodyReads`: click makes exit code 1 of a broken pipe, which is no failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise NobodyReads from None


@click.group(
    cls=Root,
    package="streams.cli",
    members=COMMANDS,
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
    _settle_streams()
    try:
        refuse_strays()
        logging.config.dictConfig(logs.config(Settings.from_environment()))
        code = root.main(prog_name="tocsin", standalone_mode=False)
    except UserError as error:
        _fail(str(error), error.code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(2)
    except click.UsageError as error:
        _fail(_one_line(error.format_message()) + _taught(error), error.exit_code)
    except click.ClickException as error:
        _fail(_one_line(error.format_message()), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted", 130)
    except NobodyReads:
        _let_go_of_output()
        sys.exit(0)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            _let_go_of_output()
            _fail(f"cannot write: {_one_line(error.strerror).lower()}", 74)
        if service := _service(error):
            _fail(f"{service} failed: {_one_line(error)}", 69)
        raise
    else:
        sys.exit(code if isinstance(code, int) else 0)


def _settle_streams() -> None:
    """Standard streams that can be used: one that the caller closed is empty, and text is UTF-8 in every locale."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:  # and no socket gets its number, which a library would take for the stream
            setattr(sys, name, open(os.devnull, "w" if number else "r"))  # noqa: SIM115, PTH123
        elif number and isinstance(stream := getattr(sys, name), io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")


def _let_go_of_output() -> None:
    """Keep the interpreter's own last flush quiet."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123


def _service(error: Exception) -> str | None:
    """The service whose library raised the error. Both are loaded only here: they take longer than most commands do."""
    from aiokafka.errors import KafkaError
    from redis.exceptions import RedisError

    if isinstance(error, KafkaError):
        return f"Kafka at {Settings.from_environment().kafka} (TOCSIN_KAFKA)"
    return "Redis (TOCSIN_REDIS)" if isinstance(error, RedisError) else None


def _taught(error: click.UsageError) -> str:
    """Where the call is shown, for a mistake in its form; a wrong value says itself what was expected."""
    wrong_value = isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter)
    return "" if wrong_value or error.ctx is None else f" (`{error.ctx.command_path} --help` shows how)"


def _one_line(error: object) -> str:
    return " ".join(str(error).split()).removesuffix(".") or type(error).__name__


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"tocsin: {message}", err=True)
    sys.exit(code)
