"""What a terminal shows: no number is cut, however narrow it is."""

from io import StringIO

import pytest
from rich.console import Console

from streams.terminal import render_overview
from streams.terminal.plots import plot_curve
from streams.trends.outlook import Curve
from streams.trends.overview import Series, Summary
from tests.unit.matching.records import event

POSTS = {"1m": 1_371, "5m": 8_230, "1h": 123_456, "24h": 246_912}


def overview(width: int) -> list[str]:
    """The lines of a table of two events in a terminal of that width."""
    ids = ("kursk-surrender-offer", "kettle-recall")
    series = Series(60, tuple(range(60)))
    rows = [Summary(event("kursk", id=id), None, POSTS, {"24h": 61_728}, {"24h": 41_152}, {}, series) for id in ids]
    console = Console(width=width, file=StringIO())
    console.print(render_overview(rows))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (120, "event 1m 5m 1h 24h authors texts burst last hour"),
        (90, "event 1m 5m 1h 24h authors texts burst last hour"),
        (80, "event 1m 5m 1h 24h authors texts burst"),
        (60, "event 5m 1h 24h burst"),
        (46, "event 1h 24h burst"),
        (36, "event 1h 24h burst"),
    ],
)
def test_a_narrow_overview_leaves_columns_out_and_cuts_no_number(width: int, columns: str) -> None:
    header, first, *_ = lines = overview(width)
    assert header.split() == columns.split()
    assert "246,912" in first
    assert "…" not in "".join(lines)
    assert all(len(line.rstrip()) <= width for line in lines)


def test_of_few_posts_whole_numbers_stand_at_the_axis() -> None:
    nothing = (None, None, None)
    told = plot_curve(Curve(600, 0, (0, 2, 1), nothing, nothing, nothing, ()), "last hour").plain
    labels = [line.partition("|")[0].strip() for line in told.splitlines()[2:] if " | " in line]
    assert [each for each in labels if each] == ["2", "1", "0"]
