"""The terminal's views say what the read model holds."""

from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console, RenderableType

from schemas import TrackedEvent
from streams.terminal import render_overview, render_trend, sparkline
from streams.trends.overview import Series, Summary, Trend

EVENT = TrackedEvent(
    id="kursk-surrender-offer",
    title="The offer [bold]",
    revision="0123456789ab",
    applied_at=datetime(2025, 3, 14, tzinfo=UTC),
    engine=1,
    match="kursk",
)
SUMMARY = Summary(
    event=EVENT,
    pending=None,
    posts={"1m": 1, "5m": 5, "1h": 60, "24h": 1440},
    authors={"1h": 40, "24h": 900},
    texts={"1h": 3, "24h": 11},
    domains={"1h": 1, "24h": 2},
    series=Series(60, tuple(range(60))),
)
TREND = Trend(
    summary=SUMMARY,
    at=1_741_953_600,
    windows={
        window: {"all": n, "claim:denied": n // 2, "group:press": n, "claim_group:denied/press": n // 2, "lang:und": n}
        for window, n in SUMMARY.posts.items()
    },
    top_authors=[("x/[red]someone", 12)],
    top_texts=[("0123456789abcdef", 700)],
    top_domains=[("example.org", 5)],
)


def shown(view: RenderableType, width: int = 80) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(view)
    return capture.get()


def test_the_overview_fits_a_plain_terminal() -> None:
    text = shown(render_overview([SUMMARY]))
    assert "kursk-surrender-offer   1   5  60  1,440      900     11  ▂" in text
    assert "…" not in text


def test_a_window_that_is_kept_no_longer_is_a_question_mark() -> None:
    text = shown(render_overview([replace(SUMMARY, posts={"1h": 60, "24h": 1440})]))
    assert "kursk-surrender-offer   ?   ?  60  1,440" in text


def test_an_event_that_is_rebuilt_says_so() -> None:
    assert "(rebuilding)" in shown(render_overview([replace(SUMMARY, pending="ba9876543210")]), 120)


def test_nothing_tracked_names_the_next_step() -> None:
    assert "tocsin events apply" in shown(render_overview([]))


def test_one_event_shows_every_side_of_it() -> None:
    text = shown(render_trend(TREND))
    for expected in (
        "The offer [bold]",
        "2025-03-14 12:00:00 UTC",
        "different texts             3     11",
        "denied   0   2  30  720",
        "claim × group, 24h  press",
        "x/[red]someone",
        "0123456789abcdef",
        "example.org",
    ):
        assert expected in text, f"{expected!r} is not in\n{text}"


def test_a_sparkline_is_as_wide_as_asked_and_shows_zero_apart_from_little() -> None:
    assert sparkline(range(60), 30)[-1] == "█"
    assert len(sparkline(range(60), 30)) == 30
    assert sparkline([0, 1, 1_000], 3) == "▁▂█"
    assert sparkline([0, 0], 5) == "▁▁"
    assert sparkline([], 5) == ""
