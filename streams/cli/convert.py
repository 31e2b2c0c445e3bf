"""`tocsin convert`: what a platform's own API gave, recorded in files, to posts, offline."""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import orjson

from schemas import Post, PostDeletion, Reason
from schemas.codec import Unusable, encode
from streams.ingest import x
from streams.ingest.lines import Line, Lines
from streams.ingest.shape import FIRST, is_ndjson

#: Longest payload in bytes: an array of some 50,000 posts on one line, or a file that is one document.
LONGEST = 256 * 1024 * 1024

_SPACE = re.compile(r"\s*")


@click.group("convert")
def command() -> None:
    """Convert what a platform's API gave, recorded in files, to posts: one line of JSON each.

    \b
    tocsin convert x stream.ndjson.gz > posts.ndjson
    tocsin convert x search.json | tocsin match --rule 'kursk surrender' -
    """


@command.command("x")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_context
def x_(context: click.Context, files: tuple[Path, ...]) -> None:
    """Convert FILES of X's payloads to posts.

    FILES hold a JSON document, or one a line; plain, gzip or zstd; `-` is standard input. Each document is one post, an
    array of posts, a page of a search or a timeline, or a line of a stream, and its format is seen by itself: v2 with
    `includes`, v1.1 and premium search, Gnip's activities and its original format. They may be mixed.

    One post is one line on standard output, in order; so is a deletion. The versions of an edited post are one post:
    its id is that of the first version. What a stream says beside posts (limits, warnings, errors) is counted on
    standard error; what should be a post and can't be used is named there with its line and field, and the exit code is
    1 then.
    """
    converting = Converting()
    for path in files:
        with Lines(path, LONGEST, 256) as lines:
            for found in documents(lines):
                converting.document(lines.name, *found)
    if converting.skipped:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(converting.skipped.items()))
        click.echo(f"tocsin: not posts, skipped: {kinds}", err=True)
    context.exit(1 if converting.bad else 0)


class Converting:
    """Documents in, lines out. `bad` counts records that could not be used, `skipped` by kind what is no post."""

    def __init__(self) -> None:
        self.bad = 0
        self.skipped: Counter[str] = Counter()
        self._out = sys.stdout.buffer

    def document(self, source: str, number: int, payload: object) -> None:
        """Write the records of a document that begins on line `number`; say on standard error what can't be used."""
        for record in [payload] if isinstance(payload, Unusable) else x.records(payload):
            if isinstance(record, Post | PostDeletion):
                self._out.write(encode(record) + b"\n")
            elif isinstance(record, x.Skipped):
                self.skipped[record.kind] += 1
            else:
                self.bad += 1
                click.echo(f"{source}:{number}: {record}", err=True)
        self._out.flush()


def documents(lines: Lines) -> Iterator[tuple[int, object]]:
    """Each JSON document with the line on which it begins; one that can't be read is an `Unusable` in its place.

    One document a line, if the first line is one or the first lines are mostly that; else documents over several lines.
    """
    held: list[Line] = []
    by_line = False
    while (read := lines.read()) is not None:
        if not by_line:
            held += read
            by_line = bool(held) and (_is_whole(held[0]) or (len(held) >= FIRST and is_ndjson(held)))
            read, held = (held, []) if by_line else ([], held)
        yield from ((line.number, _parsed(line)) for line in read)
    if held and is_ndjson(held):
        yield from ((line.number, _parsed(line)) for line in held)
    elif held:
        yield from _over_lines(held)


def _is_whole(line: Line) -> bool:
    return isinstance(_parsed(line), dict | list)


def _parsed(line: Line) -> object:
    if line.size > len(line.data):
        return Unusable(Reason.SCHEMA, f"a line of {line.size} bytes, expected at most {LONGEST}")
    try:
        return orjson.loads(line.data)
    except orjson.JSONDecodeError as error:
        return Unusable(Reason.MALFORMED_JSON, str(error))


def _over_lines(held: list[Line]) -> Iterator[tuple[int, object]]:
    """Documents that stand one after the other, however they are broken into lines."""
    too_long = next((line for line in held if line.size > len(line.data)), None)
    if too_long is not None:
        yield too_long.number, _parsed(too_long)
        return
    first = held[0].number
    rows = [b""] * (held[-1].number - first + 1)
    for line in held:
        rows[line.number - first] = line.data
    try:
        text = b"\n".join(rows).decode()
    except UnicodeDecodeError as error:
        yield first, Unusable(Reason.INVALID_UTF8, f"byte {error.start} is not UTF-8")
        return
    decoder = json.JSONDecoder()
    begin, line_number = _beyond_space(text, 0), first
    while begin < len(text):
        try:
            payload, end = decoder.raw_decode(text, begin)
        except RecursionError:
            yield line_number, Unusable(Reason.TOO_DEEP, "nested too deep")
            return
        except json.JSONDecodeError as error:
            yield first + error.lineno - 1, Unusable(Reason.MALFORMED_JSON, f"{error.msg}: column {error.colno}")
            return
        except ValueError as error:  # a number of thousands of digits
            yield line_number, Unusable(Reason.MALFORMED_JSON, str(error).split(";")[0])
            return
        yield line_number, payload
        begin, was = _beyond_space(text, end), begin
        line_number += text.count("\n", was, begin)


def _beyond_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position
