"""Outcomes to lines of JSON on standard output, and what was none to standard error; the options for that.

Knows no source.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import orjson

from schemas import Article, Post
from schemas.codec import Unusable, encode
from streams.cli.convert.reading import Read
from streams.errors import printable
from streams.ingest.documents import LONGEST
from streams.ingest.lines import Lines
from streams.ingest.mapping import Outcome, Skipped

#: Refused payloads that are named one by one; the rest are only counted.
NAMED: Final = 20

files_argument = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the summary as one JSON object, on standard error."
)


class Converting:
    """Outcomes in, lines out, and their count."""

    def __init__(self) -> None:
        self._written: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._named: list[str] = []
        self._out = sys.stdout.buffer

    def each(self, path: Path, read: Read) -> Iterator[tuple[str, int, Outcome]]:
        """The outcomes of a file, with its name and their lines."""
        with Lines(path, LONGEST, 256) as lines:
            for number, outcome in read(lines):
                yield lines.name, number, outcome

    def take(self, source: str, number: int, outcome: Outcome) -> None:
        """Write a record; count what is none."""
        if isinstance(outcome, Skipped):
            self._skipped[outcome.kind] += 1
        elif isinstance(outcome, Unusable):
            self._refused[str(outcome.reason)] += 1
            if len(self._named) < NAMED:
                self._named.append(f"{source}:{number}: {outcome}")
        else:
            kind = "posts" if isinstance(outcome, Post) else "articles" if isinstance(outcome, Article) else "deletions"
            self._written[kind] += 1
            self._out.write(encode(outcome) + b"\n")

    def end(self, as_json: bool) -> None:
        """Say on standard error what was no record; end with 1 where something was refused."""
        self._out.flush()
        if as_json:
            summary = {
                **{kind: self._written[kind] for kind in ("posts", "articles", "deletions")},
                "skipped": dict(self._skipped.most_common()),
                "refused": dict(self._refused.most_common()),
                "first_refused": self._named,
            }
            click.echo(orjson.dumps(summary), err=True)
        else:
            for line in self._named:
                click.echo(printable(line), err=True)
            if not (self._written or self._skipped or self._refused):
                click.echo("tocsin: nothing to convert: no post or article in it", err=True)
            if self._skipped:
                click.echo(f"tocsin: not posts, skipped: {_listed(self._skipped)}", err=True)
            if self._refused.total() > 1:
                click.echo(f"tocsin: refused: {_listed(self._refused)}", err=True)
        click.get_current_context().exit(1 if self._refused else 0)


def convert(files: tuple[Path, ...], read: Read, as_json: bool) -> None:
    """Convert files whose outcomes need nothing of each other; ends the command."""
    converting = Converting()
    for path in files:
        for found in converting.each(path, read):
            converting.take(*found)
    converting.end(as_json)


def now() -> int:
    """Unix milliseconds, for what says no time of its own."""
    return int(time.time() * 1_000)


def _listed(counts: "Counter[str]") -> str:
    return ", ".join(f"{count} {printable(kind)}" for kind, count in sorted(counts.items()))
