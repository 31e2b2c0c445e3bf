"""The terminal's views say what the read model holds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace as renewed
from rich.console import Console, RenderableType

from schemas import TrackedEvent
from streams.terminal import render_overview, render_trend, sparkline
from streams.trends.judgements import Judgement
from streams.trends.outlook import Curve
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
JUDGEMENT = Judgement(1_741_953_600, 3, 0.1, 0, 1, 4.5, 2.3)
BLANK = "⠀ "
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
    assert "kursk-surrender-offer   1   5  60  1,440      900     11      -  ▂" in text
    assert "…" not in text


def test_a_window_that_is_kept_no_longer_is_a_question_mark() -> None:
    text = shown(render_overview([replace(SUMMARY, posts={"1h": 60, "24h": 1440})]))
    assert "kursk-surrender-offer   ?   ?  60  1,440" in text


def test_an_event_that_is_rebuilt_says_so() -> None:
    assert "(rebuilding)" in shown(render_overview([replace(SUMMARY, pending="ba9876543210")]), 120)


@pytest.mark.parametrize(
    ("judgement", "cell", "sentence"),
    [
        (None, "11      -  ▂", "not judged: under a day of its past was seen, or no worker judges"),
        (JUDGEMENT, "11    2.3  ▂", "hour to 12:00 UTC: 3 posts seen, expected 0.1 (95 %: 0 to 1), burst 2.3"),
        (
            renewed(JUDGEMENT, observed=1_440, burst=17.96, detected_at=1_741_950_000),
            "11   18.0  ▂",
            "1,440 posts seen, expected 0.1 (95 %: 0 to 1), burst 18.0, detected 2025-03-14 11:00 UTC",
        ),
        (
            renewed(JUDGEMENT, burst=0.0, score=0.0, blind=True),
            "11  blind  ▂",
            "burst blind, that time is not seen or not counted yet",
        ),
    ],
)
def test_how_an_event_is_judged(judgement: Judgement | None, cell: str, sentence: str) -> None:
    summary = replace(SUMMARY, judgement=judgement)
    assert cell in shown(render_overview([summary]))
    assert sentence in shown(render_trend(replace(TREND, summary=summary)), 200)


def curve(posts: Sequence[int | None], expected: float | None = 4.0) -> Curve:
    band = (None,) * len(posts) if expected is None else (expected,) * len(posts)
    bounds = (None, None) if expected is None else (0, 12)
    lower, upper = ((each,) * len(posts) for each in bounds)
    start = 1_741_867_200
    return Curve(600, start, (*posts,), band, lower, upper, ((start, start + 1_200),) if posts[0] is None else ())


def test_a_curve_is_drawn_with_its_band_and_its_gaps() -> None:
    counts = [None, None, *(5 if at < 100 else 55 for at in range(140)), None, 60]
    lines = shown(render_trend(replace(TREND, curve=curve(counts))), 120).splitlines()
    (title,) = [at for at, line in enumerate(lines) if line.startswith("last 24 hours: posts by ten minutes")]
    assert lines[title].rstrip().endswith("ten minutes, and the bounds of 95 % to expect; gaps: not seen")
    drawn = {line.split("|")[0].strip(): line.split("|")[1] for line in lines[title + 2 : title + 14]}
    assert drawn["60"].strip(BLANK) == ""
    assert drawn["54"].strip(BLANK)
    assert drawn["54"][: len(drawn["54"]) // 2].strip(BLANK + "⡇") == ""  # the first half is quiet
    assert drawn["12"].count("⠉") > 40 or drawn["12"].count("⠒") > 40 or drawn["12"].count("⣀") > 40  # the upper bound


def test_a_curve_of_an_event_too_young_has_no_band() -> None:
    text = shown(render_trend(replace(TREND, curve=curve([1] * 144, None))))
    assert "last 24 hours: posts by ten minutes\n" in text
    assert "last 24 hours" not in shown(render_trend(replace(TREND, curve=curve([None] * 143 + [0], None))))


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
