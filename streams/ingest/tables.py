"""Rows of a CSV, whatever separates their cells, in bounded memory. Pure but for the reading of its lines.

Knows a header from rows, and nothing of what the columns mean.
"""

import codecs
import csv
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Final

import msgspec

from schemas.codec import Unusable
from streams.ingest.lines import Lines
from streams.ingest.mapping import unusable

#: What may separate cells; the one that the header has most of does.
_SEPARATORS: Final = ",;\t|"


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row: cells by the header's names, without the spaces around them. `line` is the one on which it ends."""

    line: int
    cells: Mapping[str, str]


def rows(texts: Iterable[str]) -> Iterator[Row | tuple[int, Unusable]]:
    """The rows below the header; in place of one that has another number of cells, its line and why it is none.

    Raises `Unusable` where the first line is no header. A quote that is never closed ends the table.
    """
    lines = iter(texts)
    head = next((line for line in lines if line.strip()), "").removeprefix("\ufeff")
    separator = max(_SEPARATORS, key=head.count)
    if separator not in head:
        raise unusable("expected a CSV whose first line names its columns")
    reader = csv.reader(_after(head, lines), delimiter=separator)
    try:
        header = [name.strip() for name in next(reader)]
        twice = next((name for name in header if name and header.count(name) > 1), None)
        if twice is not None:
            raise unusable(f"two columns are named {twice[:60]!r}")
        for cells in reader:
            if not any(each.strip() for each in cells):
                continue
            if len(cells) > len(header):
                yield reader.line_num, unusable(f"a row of {len(cells)} cells, expected {len(header)}")
            else:
                yield Row(reader.line_num, dict(zip_longest(header, (each.strip() for each in cells), fillvalue="")))
    except csv.Error as error:
        yield reader.line_num, unusable(f"the table cannot be read beyond this line: {error}")


def texts(lines: Lines) -> Iterator[str]:
    """The text of a file, line by line with its ends: a cell may hold some, blank ones too. Bytes that are not UTF-8
    become U+FFFD."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    pending = ""
    while chunk := lines.chunk():
        *whole, pending = (pending + decoder.decode(chunk)).split("\n")
        yield from (line + "\n" for line in whole)
    yield pending + decoder.decode(b"", True)


def _after(head: str, rest: Iterator[str]) -> Iterator[str]:
    yield head
    yield from rest
