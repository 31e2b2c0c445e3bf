"""A CSV of posts or articles with columns of anybody's: which column is which field, and its rows as records.

What a row becomes is not judged here: as with NDJSON, what breaks the schema goes on and becomes a dead letter. Pure
but for the reading of a map and of a table's lines.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
import orjson
import yaml

from schemas import Article, Author, Outlet, Place, Post, References
from schemas.codec import Unusable
from streams.errors import UserError
from streams.ingest.addresses import canonical, domain
from streams.ingest.lines import Line, Lines
from streams.ingest.tables import Row, rows, texts

_NESTED: Final[dict[str, type]] = {"author": Author, "refs": References, "place": Place, "outlet": Outlet}
_TIMES: Final = frozenset({"created_at", "edited_at", "published_at", "updated_at"})
_LISTS: Final = frozenset({"hashtags", "cashtags", "mentions", "authors", "links", "media"})
_SEPARATED: Final = re.compile(r"\s*[;|,]\s*")


def _fields() -> dict[str, str]:
    """Every field that a column may fill -> what it holds: text, time, list, int, float or bool."""
    found: dict[str, str] = {}
    for record in (Post, Article):
        for each in msgspec.structs.fields(record):
            if each.name in _NESTED:
                for inner in msgspec.structs.fields(_NESTED[each.name]):
                    found[f"{each.name}.{inner.name}"] = _holds(inner.name, inner.type)
            elif each.name not in ("reposted", "quoted"):
                found[each.name] = _holds(each.name, each.type)
    found.pop("place.box")
    return found


def _holds(name: str, kind: Any) -> str:
    if name in _TIMES:
        return "time"
    if name in _LISTS:
        return "list"
    kinds = {kind, *get_args(kind), *(inner for each in get_args(kind) for inner in get_args(each))}
    return next((each.__name__ for each in (bool, int, float) if each in kinds), "text")


FIELDS: Final = _fields()


class Columns(msgspec.Struct, frozen=True):
    """`columns`: field -> the name of its column; `constants`: field -> what it holds in every row."""

    columns: Mapping[str, str]
    constants: Mapping[str, str] = {}

    def require(self, cells: Mapping[str, str], path: Path) -> None:
        """Raises `UserError` where the table in the file `path` has no such columns."""
        missing = next((name for name in self.columns.values() if name not in cells), None)
        if missing is not None:
            raise UserError(f"{path}: no column {missing!r}; there are {', '.join(cells)[:300]}", code=65)


def parse(written: str, constants: tuple[str, ...] = ()) -> Columns:
    """`text=Message,id=Post ID`, or the path of a YAML file with `columns:` and, if need be, `set:`; and FIELD=VALUE
    of each constant. Raises `UserError`."""
    fixed = dict(_pair(each, "--set", "platform=vk") for each in constants)
    if "=" in written:
        columns = dict(_pair(each, "--columns", "text=Message,id=Post ID") for each in written.split(","))
    else:
        columns, of_file = _read(Path(written))
        fixed = of_file | fixed
    for field in (*columns, *fixed):
        if field not in FIELDS:
            near = difflib.get_close_matches(field, FIELDS, 1)
            hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(FIELDS)}"
            raise UserError(f"--columns: there is no field {field!r}: {hint}")
    return Columns(columns, fixed)


def _pair(text: str, option: str, example: str) -> tuple[str, str]:
    field, separator, value = text.partition("=")
    if not (field.strip() and separator and value.strip()):
        raise UserError(f"{option}: expected FIELD=NAME such as {example}, found {text[:80]!r}")
    return field.strip(), value.strip()


def _read(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"--columns: {path}: {error.strerror}; expected FIELD=COLUMN,… or a file") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"--columns: {path}: {' '.join(str(error).split())[:300]}") from None
    if not isinstance(found, dict) or not isinstance(found.get("columns"), dict) or found.keys() - {"columns", "set"}:
        raise UserError(f"--columns: {path}: expected the keys `columns` (field: column) and, if need be, `set`")
    fixed = found.get("set") or {}
    if not isinstance(fixed, dict):
        raise UserError(f"--columns: {path}: expected `set` to hold field: value")
    return ({str(a): str(b) for a, b in found["columns"].items()}, {str(a): str(b) for a, b in fixed.items()})


class Table(Lines):
    """A CSV as the lines of the NDJSON that it stands for: a row a line, numbered as in the file."""

    def __init__(self, path: Path, limit: int, head: int, columns: Columns) -> None:
        """Of `limit` and `head` as of `Lines`."""
        super().__init__(path, limit, head)
        self._columns = columns
        self._rows: Iterator[Row | tuple[int, Unusable]] | None = None

    def read(self) -> list[Line] | None:
        """The next rows, maybe some thousand; None at the end. Raises `UserError` where the table has no such columns
        or can't be read to its end."""
        try:
            if self._rows is None:
                self._rows = rows(texts(self))
            found: list[Line] = []
            for row in self._rows:
                found.append(self._line(row))
                if len(found) >= 2_000:
                    return found
            return found or None
        except Unusable as error:
            raise UserError(f"{self.path}: {error.detail}", code=65) from None

    def _line(self, row: Row | tuple[int, Unusable]) -> Line:
        if isinstance(row, tuple):
            data = orjson.dumps({"unreadable": row[1].detail})
            return Line(row[0], data, len(data))
        self._columns.require(row.cells, self.path)
        data = orjson.dumps(record(row.cells, self._columns))
        return Line(row.line, data, len(data))


def record(cells: Mapping[str, str], columns: Columns) -> dict[str, Any]:
    """The record of one row, as JSON would have it. Empty cells are missing fields."""
    values = {**columns.constants, **{field: cells.get(name, "") for field, name in columns.columns.items()}}
    made: dict[str, Any] = {"op": "create", "version": 0}
    for field, text in values.items():
        if not text:
            continue
        outer, _, inner = field.partition(".")
        value = _value(field, text)
        if inner:
            made.setdefault(outer, {})[inner] = value
        else:
            made[outer] = value
    if "platform" in made:
        author = made.setdefault("author", {})
        who = author.get("id") or author.get("handle")
        if who:
            author.setdefault("id", who)
            author.setdefault("handle", who)
        made.setdefault("text", "")
    elif isinstance(made.get("url"), str) and (url := canonical(made["url"])):
        made["url"] = url
        made.setdefault("outlet", {}).setdefault("domain", domain(url))
        made.setdefault("title", "")
    return made


def _value(field: str, text: str) -> Any:
    holds = FIELDS[field]
    if holds == "time":
        return _time(text)
    if holds == "list":
        named = {"links": "url", "media": "type"}.get(field)
        parts = [each for each in (re.split(r"[\s|;]+", text) if field == "links" else _SEPARATED.split(text)) if each]
        return [{named: each} for each in parts] if named else [each.lstrip("#@$") for each in parts]
    try:
        if holds == "int":
            return int(text.replace(",", ""))
        if holds == "float":
            return float(text)
    except ValueError:
        return text  # the schema refuses it, and says where
    if holds == "bool":
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.lower(), text)
    return text


def _time(text: str) -> str:
    """RFC 3339 with an offset, of ISO 8601 (UTC where it names no other) or unix seconds or milliseconds."""
    try:
        if re.fullmatch(r"\d{9,14}(?:\.\d+)?", text):
            number = float(text)
            found = datetime.fromtimestamp(number / 1_000 if number >= 1e11 else number, UTC)
        else:
            found = datetime.fromisoformat(text.removesuffix(" UTC"))
    except (ValueError, OverflowError, OSError):
        return text  # the schema refuses it, and says where
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()
