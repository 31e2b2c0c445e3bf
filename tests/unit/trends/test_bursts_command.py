"""`tocsin bursts`: counts in, the same rows judged out; a file that can't be used is named with its line."""

import gzip
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli import root
from streams.errors import UserError

ROOT = Path(__file__).parents[3]
START = datetime(2025, 3, 14, tzinfo=UTC)
FIVE = timedelta(minutes=5)
#: Two days of ten an interval, then a surge.
COUNTS = [10] * 576 + [100] * 6


def run(path: Path, *options: str) -> Result:
    return CliRunner().invoke(root, ["bursts", *options, str(path)], catch_exceptions=False)


def rows(counts: Sequence[object], form: str = "%Y-%m-%dT%H:%M:%SZ", step: timedelta = FIVE) -> list[str]:
    return [f"{(START + at * step).strftime(form)},{count}" for at, count in enumerate(counts)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a test writes its rows."""
    return tmp_path / "counts.csv"


def test_every_row_comes_back_with_its_verdict(file: Path) -> None:
    given = rows(COUNTS)
    file.write_text("timestamp,value\n" + "\n".join(given) + "\n")
    result = run(file)
    header, *found = result.stdout.splitlines()
    assert header == "timestamp,value,expected,lower,upper,score,detected"
    assert [line.rsplit(",", 5)[0] for line in found] == given
    cells = [line.split(",")[2:] for line in found]
    assert cells[0] == ["", "", "", "", "0"]
    expected, lower, upper, score, detected = cells[575]
    assert float(expected) == pytest.approx(10, abs=0.1)
    assert int(lower) <= 10 <= int(upper)
    assert 0 < float(score) < 1
    assert detected == "0"
    assert [at for at, each in enumerate(cells) if each[-1] == "1"] == [577]
    assert result.stderr.startswith("tocsin: 582 rows, 1 burst; ")


def test_json_says_the_same(file: Path) -> None:
    file.write_text("\n".join(rows([*COUNTS[:-1], ""])))
    plain = [line.split(",") for line in run(file).stdout.splitlines()[1:]]
    objects = [json.loads(line) for line in run(file, "--json").stdout.splitlines()]
    assert [list(each) for each in objects] == [
        ["timestamp", "value", "expected", "lower", "upper", "score", "detected"]
    ] * len(plain)
    for cells, each in zip(plain, objects, strict=True):
        assert each["timestamp"] == cells[0]
        assert each["value"] == (float(cells[1]) if cells[1] else None)
        for name, cell in zip(("expected", "lower", "upper", "score"), cells[2:6], strict=True):
            assert (each[name] is None) is (cell == "")
            assert each[name] is None or each[name] == pytest.approx(float(cell), rel=1e-4, abs=1e-3)
        assert each["detected"] is (cells[6] == "1")


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(rows(COUNTS)),
        "utc_minute,tweets\n" + "\n".join(rows(COUNTS, "%Y-%m-%d %H:%M")),
        "\ufefftimestamp,value\r\n" + "\r\n".join(rows(COUNTS, "%Y-%m-%d %H:%M:%S.000000")) + "\r\n\r\n",
        "timestamp,value\n" + "\n".join(rows(COUNTS, "%s")),
        "id,Value,Timestamp\n" + "\n".join(f'"a, b",{c},{t}' for t, c in (row.split(",") for row in rows(COUNTS))),
        "\n".join(row.replace("Z", "+00:00") + ".0" for row in rows(COUNTS)),
    ],
    ids=["no header", "other names", "mark, blank and returns", "unix seconds", "more columns", "offset"],
)
def test_forms_of_one_series_are_judged_alike(file: Path, text: str) -> None:
    file.write_text("timestamp,value\n" + "\n".join(rows(COUNTS)))
    judged = [line.split(",")[2:] for line in run(file).stdout.splitlines()]
    file.write_bytes(gzip.compress(text.encode()))
    assert [line.split(",")[2:] for line in run(file).stdout.splitlines()] == judged


def test_standard_input_is_read(file: Path) -> None:
    text = "\n".join(rows(COUNTS))
    file.write_text(text)
    command = [sys.executable, "-m", "streams", "bursts", "-"]
    piped = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=True)
    assert piped.stdout == run(file).stdout
    broken = subprocess.run(command, cwd=ROOT, input="2025-03-14,-1\n", capture_output=True, text=True, check=False)
    assert broken.returncode == 2
    assert broken.stderr == "tocsin: stdin: one row, expected two or more, to see the step; or give it with --step\n"


def test_what_is_missing_is_said_and_not_zero(file: Path) -> None:
    given = rows([10] * 400 + ["", "NaN", "null"] + [10] * 400)
    del given[500:540]
    file.write_text("\n".join(given))
    result = run(file)
    assert "missing, and not taken for zero: 40 rows not there, 3 empty counts" in result.stderr
    found = [line.split(",") for line in result.stdout.splitlines()[1:]]
    assert [each[5] for each in found[400:403]] == ["", "", ""]
    assert float(found[-1][2]) == pytest.approx(10, abs=0.1)
    assert not any(each[-1] == "1" for each in found)


def test_a_series_too_short_to_be_judged_says_so(file: Path) -> None:
    file.write_text("\n".join(rows(COUNTS[:100])))
    result = run(file)
    assert result.exit_code == 0
    assert "none judged: too short a past; 24 h (24 steps, if longer) have to be seen first" in result.stderr


def test_a_true_step_can_be_given_where_the_first_rows_are_apart(file: Path) -> None:
    given = rows(COUNTS)
    del given[1]
    file.write_text("\n".join(given))
    with pytest.raises(
        UserError, match=r":3: 300 s after the row before it, expected a multiple of the step of 600 s;"
    ):
        run(file)
    assert "1 row not there" in run(file, "--step", "5m").stderr


A, B, C = "2025-03-14 00:00,1", "2025-03-14 00:05,2", "2025-03-14 00:10,3"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "counts.csv: no rows, expected lines of timestamp,value"),
        (["timestamp,value"], "counts.csv: no rows, expected lines of timestamp,value"),
        (["timestamp,value", A], "counts.csv: one row, expected two or more, to see the step; or give it with --step"),
        ([A, C, B], "counts.csv:3: 2025-03-14 00:05 comes after 2025-03-14 00:10, expected rows in order of time: "),
        ([B, A, C], "counts.csv:2: 2025-03-14 00:00 comes after 2025-03-14 00:05, expected rows in order of time: "),
        ([A, B, B, C], "counts.csv:3: the time 2025-03-14 00:05 stands in line 2 too, expected one row an interval"),
        (
            [A, B, "2025-03-14 00:12,3"],
            "counts.csv:3: 420 s after the row before it, expected a multiple of the step of",
        ),
        ([A, B, "2025-03-14 00:10,-3"], "counts.csv:3: value -3, expected a count from 0 to 1e+12"),
        ([A, B, "2025-03-14 00:10,inf"], "counts.csv:3: value inf, expected a count from 0 to 1e+12"),
        ([A, B, "2025-03-14 00:10,1e99"], "counts.csv:3: value 1e99, expected a count from 0 to 1e+12"),
        (
            [A, B, "2025-03-14 00:10,many"],
            "counts.csv:3: value 'many', expected a count; empty or NaN where none was taken",
        ),
        (
            [A, B, '2025-03-14 00:10,"1,200"'],
            "counts.csv:3: value '1,200', expected a count; empty or NaN where none was",
        ),
        (
            [A, B, "yesterday,3"],
            "counts.csv:3: timestamp 'yesterday', expected one such as 2025-03-14T12:00:00Z, or unix",
        ),
        ([A, B, "99999999999999999999,3"], "counts.csv:3: timestamp '99999999999999999999', expected one such as"),
        ([A, B, "2025-03-14 00:10,3,4"], "counts.csv:3: 3 cells, expected 2 as in the first line"),
        ([A, B, "2025-03-14 00:10"], "counts.csv:3: 1 cells, expected 2 as in the first line"),
        (["when,where,count", A], "counts.csv:1: 3 columns, expected two, or a header with `timestamp` and `value`"),
        (["timestamp", "5"], "counts.csv:1: one column, expected two with a comma between them, as in timestamp,value"),
    ],
)
def test_what_cannot_be_judged_is_named_with_its_line(file: Path, lines: list[str], message: str) -> None:
    file.write_text("\n".join(lines))
    with pytest.raises(UserError) as raised:
        run(file)
    assert str(raised.value).startswith(message)
    assert raised.value.code == 2


def test_the_rows_before_a_bad_one_stand(file: Path) -> None:
    file.write_text("\n".join([A, B, "2025-03-14 00:10,-3"]))
    result = CliRunner().invoke(root, ["bursts", str(file)])
    assert isinstance(result.exception, UserError)
    assert len(result.stdout.splitlines()) == 1 + 2


def test_bytes_that_are_no_text_are_named(file: Path) -> None:
    file.write_bytes(A.encode() + b"\n\xff\xfe,3\n")
    with pytest.raises(UserError, match=r"counts\.csv:2: byte 0 is not UTF-8"):
        run(file)


@pytest.mark.parametrize("step", ["5", "0m", "-5m"])
def test_a_step_has_a_unit_and_a_length(file: Path, step: str) -> None:
    file.write_text("\n".join([A, B]))
    result = CliRunner().invoke(root, ["bursts", "--step", step, str(file)])
    assert result.exit_code == 2
    assert "--step" in result.stderr
