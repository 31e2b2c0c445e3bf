"""`tocsin bursts`: a series of counts judged row by row, offline, by the code that watches tracked events."""

import csv
import math
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import click
import orjson

from streams.errors import UserError
from streams.ingest.lines import Line, Lines
from streams.settings import parse_duration
from streams.trends.bursts import Model, Verdict, judge

#: Longest row in bytes.
LONGEST = 64 * 1024
#: Counts beyond this are nonsense, and squares of theirs lose their digits.
HIGHEST = 1e12
#: What stands for a count that was not taken, beside an empty cell.
MISSING = {"", "nan", "na", "n/a", "null", "none"}

HEADER = "timestamp,value,expected,lower,upper,score,detected"
#: Rows that are written at a time.
BATCH = 1_000

_SECOND = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: The year 10,000, in unix seconds.
_END = 253_402_300_800
_NAIVE_EPOCH = datetime(1970, 1, 1)  # times without an offset are UTC


@click.command("bursts")
@click.option(
    "--step", metavar="DURATION", help="Time from row to row: 1m, 5m, 1h. Default: that of the first two rows."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a row, null where a cell is empty.")
@click.argument("file", type=click.Path(path_type=Path))
def command(file: Path, step: str | None, as_json: bool) -> None:
    """Find bursts in FILE, a series of counts, without Kafka or Redis: each row judged by the rows before it alone.

    FILE is CSV, plain, gzip or zstd; `-` is standard input. Two columns, or two among others that are called
    `timestamp` and `value`: when an interval began (2025-03-14T12:00:00Z, 2025-03-14 12:00:00, or unix seconds; UTC
    unless it says otherwise) and how many posts it brought. Rows are in order of time, a fixed step apart, whichever.

    \b
    tocsin bursts counts.csv > judged.csv
    tocsin bursts --json counts.csv | jq 'select(.detected)'

    Each row comes back with what the rows before it say of it:

    \b
    expected      the count to be expected in it
    lower, upper  bounds of 95 % of the counts to be expected
    score         -log10 of the probability of as many posts, or more, in the
                  hour that ends with it: 3 is one hour in a thousand. Where
                  the step is longer than an hour, it stands for the hour.
    detected      1 where a burst is first seen, else 0. One that goes on, or
                  comes back before eight hours were quiet, is the same one.

    Missing is not zero: a row that is not there, or has an empty count or NaN, was not seen, and is never taken for a
    silence. A quiet interval is a row with 0. The first 24 hours (or 24 steps, if longer) are not judged, nor hours of
    which less than half was seen: their cells are empty. After more than an hour of missing rows nothing is detected
    for as long again, a day at most.

    A row that can't be used ends the command with its line number and exit code 2; the rows before it stand.
    """
    with Lines(file, LONGEST, 256) as lines:
        series = Series(lines, None if step is None else _seconds(step))
        write = _json if as_json else _csv
        if not as_json:
            click.echo(HEADER)
        done: list[str] = []
        judged = bursts = 0
        try:
            for verdict in judge(series, series.step, Model()):
                done.append(write(series, verdict))
                judged += verdict is not None
                bursts += verdict is not None and verdict.detected
                if len(done) == BATCH or series.waits:
                    _flush(done)
        finally:
            _flush(done)
    click.echo(f"tocsin: {_summary(series, judged, bursts)}", err=True)


class Series:
    """The rows of a CSV of counts, checked: iterating gives (time // step, count), None for a count that is missing.

    `stamp`, `text` and `count` are those of the row that iterating gave last; `waits` is whether it was the last one of
    what could be read at once. Raises `UserError` at the first row that can't be used.
    """

    def __init__(self, lines: Lines, step: int | None) -> None:
        """Read up to the second row, which says the `step` in seconds where it isn't given."""
        self.rows = self.missing = self.absent = 0
        self.waits = False
        self.stamp = self.text = ""
        self.count: float | None = None
        self._lines = lines
        self._columns = (0, 1)
        self._width = 2
        self._read = self._rows()
        self._first = list(islice(self._read, 1 if step else 2))
        if not self._first:
            raise UserError(f"{lines.name}: no rows, expected lines of timestamp,value")
        if step is None:
            if len(self._first) == 1:
                raise UserError(f"{lines.name}: one row, expected two or more, to see the step; or give it with --step")
            step = self._apart(self._first[1], self._first[0])
        self.step = step

    def __iter__(self) -> Iterator[tuple[int, float | None]]:
        before = None
        for row in self._all():
            number, at, self.stamp, self.text = row
            if before is not None:
                apart = self._apart(row, before)
                if apart % self.step:
                    raise self._bad(number, self._off_step(apart))
                self.absent += apart // self.step - 1
            before = row
            self.count = self._count(number, self.text)
            self.rows += 1
            self.missing += self.count is None
            yield at // self.step, self.count

    def _all(self) -> Iterator[tuple[int, int, str, str]]:
        yield from self._first
        yield from self._read

    def _rows(self) -> Iterator[tuple[int, int, str, str]]:
        """Line number, unix seconds, timestamp and count as they stand there."""
        first = True
        while (read := self._lines.read()) is not None:
            last = read[-1].number if read else 0
            for line in read:
                cells = self._cells(line)
                if first:
                    first = False
                    self._width = len(cells)
                    if self._is_header(line.number, cells):
                        continue
                if len(cells) != self._width:
                    raise self._bad(line.number, f"{len(cells)} cells, expected {self._width} as in the first line")
                stamp, text = cells[self._columns[0]].strip(), cells[self._columns[1]].strip()
                self.waits = line.number == last
                yield line.number, self._time(line.number, stamp), stamp, text

    def _is_header(self, number: int, cells: list[str]) -> bool:
        names = [cell.strip().lower() for cell in cells]
        if "timestamp" in names and "value" in names:
            self._columns = (names.index("timestamp"), names.index("value"))
            return True
        if len(cells) == 1:
            raise self._bad(number, "one column, expected two with a comma between them, as in timestamp,value")
        if len(cells) != 2:
            raise self._bad(number, f"{len(cells)} columns, expected two, or a header with `timestamp` and `value`")
        return not any(character.isdigit() for character in cells[0])

    def _cells(self, line: Line) -> list[str]:
        if line.size > len(line.data):
            raise self._bad(line.number, f"a line of {line.size} bytes, expected at most {LONGEST}")
        try:
            text = line.data.decode()
        except UnicodeDecodeError as error:
            raise self._bad(line.number, f"byte {error.start} is not UTF-8") from None
        return next(csv.reader([text])) if '"' in text else text.split(",")

    def _time(self, number: int, stamp: str) -> int:
        try:
            if stamp.isdecimal() and (seconds := int(stamp)) < _END:
                return seconds
            found = datetime.fromisoformat(stamp)
            return (found - (_NAIVE_EPOCH if found.tzinfo is None else _EPOCH)) // _SECOND
        except ValueError:
            pass
        found_text = f"timestamp {stamp[:40]!r}"
        raise self._bad(number, f"{found_text}, expected one such as 2025-03-14T12:00:00Z, or unix seconds")

    def _count(self, number: int, text: str) -> float | None:
        try:
            count = float(text)
        except ValueError:
            if text.lower() in MISSING:
                return None
            raise self._bad(
                number, f"value {text[:40]!r}, expected a count; empty or NaN where none was taken"
            ) from None
        if math.isnan(count):
            return None
        if not 0 <= count <= HIGHEST:
            raise self._bad(number, f"value {text[:40]}, expected a count from 0 to {HIGHEST:.0e}")
        return count

    def _apart(self, row: tuple[int, int, str, str], before: tuple[int, int, str, str]) -> int:
        """Seconds from a row to the next."""
        apart = row[1] - before[1]
        if apart > 0:
            return apart
        if apart == 0:
            raise self._bad(row[0], f"the time {row[2]} stands in line {before[0]} too, expected one row an interval")
        raise self._bad(row[0], f"{row[2]} comes after {before[2]}, expected rows in order of time: sort them")

    def _off_step(self, apart: int) -> str:
        return (
            f"{apart} s after the row before it, expected a multiple of the step of {self.step} s; "
            "bring the rows to one step, or give the true one with --step"
        )

    def _bad(self, number: int, what: str) -> UserError:
        return UserError(f"{self._lines.name}:{number}: {what}")


def _seconds(step: str) -> int:
    try:
        seconds = parse_duration(step)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--step") from None
    if not seconds:
        raise click.BadParameter("expected a step of a second or more", param_hint="--step")
    return seconds


def _csv(series: Series, verdict: Verdict | None) -> str:
    if verdict is None:
        return f"{series.stamp},{series.text},,,,,0\n"
    score = "" if verdict.score is None else f"{verdict.score:.3f}"
    bounds = f"{verdict.expected:.6g},{verdict.lower},{verdict.upper}"
    return f"{series.stamp},{series.text},{bounds},{score},{int(verdict.detected)}\n"


def _json(series: Series, verdict: Verdict | None) -> str:
    row = {"timestamp": series.stamp, "value": series.count}
    if verdict is None:
        row |= dict.fromkeys(("expected", "lower", "upper", "score"), None) | {"detected": False}
    else:
        row |= {each: getattr(verdict, each) for each in verdict.__struct_fields__}
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE).decode()


def _flush(rows: list[str]) -> None:
    sys.stdout.write("".join(rows))
    sys.stdout.flush()
    rows.clear()


def _summary(series: Series, judged: int, bursts: int) -> str:
    parts = [f"{_counted(series.rows, 'row')}, {_counted(bursts, 'burst')}"]
    if not judged:
        parts.append("none judged: too short a past; 24 h (24 steps, if longer) have to be seen first")
    elif judged < series.rows:
        parts.append(f"{_counted(series.rows - judged, 'row')} before there was a past to judge by")
    if series.absent or series.missing:
        parts.append(
            f"missing, and not taken for zero: {_counted(series.absent, 'row')} not there, "
            f"{_counted(series.missing, 'empty count')}"
        )
    return "; ".join(parts)


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
