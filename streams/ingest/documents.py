"""The JSON documents of a file, one a line or over several lines, each with the line on which it begins.

One that can't be read is a value in its place. Knows nothing of what they mean.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Final

import orjson

from schemas import Reason
from schemas.codec import Unusable
from streams.ingest.lines import Line, Lines
from streams.ingest.shape import FIRST, is_ndjson

#: Longest document in bytes: an array of some 50,000 posts on one line, or a file that is one document.
LONGEST: Final = 256 * 1024 * 1024

_SPACE: Final = re.compile(r"\s*")


def _never(line: bytes) -> None:
    """No document is more than its bytes say."""


def documents(lines: Lines, quick: Callable[[bytes], object | None] = _never) -> Iterator[tuple[int, object]]:
    """Each JSON document with the line on which it begins; one that can't be read is an `Unusable` in its place.

    One document a line, if the first line is one or the first lines are mostly that; else documents over several lines.
    Where there is one a line, what `quick` makes of the bytes stands for the document, unless that is None.
    """
    held: list[Line] = []
    by_line = False
    while (read := lines.read()) is not None:
        if not by_line:
            held += read
            by_line = bool(held) and (_is_whole(held[0]) or (len(held) >= FIRST and is_ndjson(held)))
            read, held = (held, []) if by_line else ([], held)
        for line in read:
            found = quick(line.data) if line.size <= len(line.data) else None
            yield line.number, _parsed(line) if found is None else found
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
