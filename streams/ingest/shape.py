"""Whether an input is NDJSON at all, judged by its first lines, and what it looks like where it is not. Pure.

One bad line among good ones is the worker's to refuse; a file without a single object is a mistake of whoever sends it.
"""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import orjson

from streams.ingest.lines import STDIN, Line

#: Lines of which at least one has to be an object.
FIRST: Final = 20

_UNPACK: Final = {".gz": "gzip -dc", ".zst": "zstd -dc"}
_ARRAY: Final = re.compile(rb'\[\s*([\[\]{"0-9-]|$)')
_YAML: Final = re.compile(rb"---|[\w-]+:(\s|$)")


def is_ndjson(lines: Sequence[Line]) -> bool:
    """Whether one of the first lines is a JSON object, and they are no array or object over several lines."""
    return lines[0].data.strip() not in (b"[", b"{") and any(map(_is_object, lines[:FIRST]))


def mistake(path: Path, lines: Sequence[Line], command: str = "tocsin ingest files -") -> str:
    """What an input that is no NDJSON looks like, and what to do, in one line; `command` reads standard input."""
    name = "stdin" if path == STDIN else str(path)
    first = lines[0].data.strip()
    if _ARRAY.match(first):
        todo = _through(".[]", path, command)
        return f"{name}: this looks like a JSON array, expected one record a line: {todo}"
    if first.startswith(b"{") and first.endswith((b"{", b"[", b",")):
        todo = _through(".", path, command)
        return f"{name}: this looks like pretty-printed JSON, expected one record a line: {todo}"
    like = f"found '{' '.join(first[:40].decode(errors='replace').split())}'"
    if _YAML.match(first):
        like = "this looks like YAML"
    elif not first.startswith(b"{") and any(mark in first for mark in (b",", b";", b"\t")):
        like = "this looks like CSV"
    return f"{name}: {like}, expected NDJSON: one JSON object a line"


def _through(expression: str, path: Path, command: str) -> str:
    program = f"jq -c {shlex.quote(expression) if expression != '.' else '.'}"
    if path == STDIN:
        return f"{program} | {command}"
    file = shlex.quote(str(path))
    unpack = _UNPACK.get(path.suffix)
    return f"{unpack} {file} | {program} | {command}" if unpack else f"{program} {file} | {command}"


def _is_object(line: Line) -> bool:
    if line.size > len(line.data):
        return line.data.lstrip().startswith(b"{")  # too long to be kept whole
    try:
        return isinstance(orjson.loads(line.data), dict)
    except orjson.JSONDecodeError:
        return False
