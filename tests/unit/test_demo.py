"""What the demo shows, and the sample that it replays."""

from datetime import UTC, datetime

import pytest
from rich.console import Console

from schemas import TrackedEvent
from streams.demo import sample, view
from streams.demo.checks import Outcome, Result
from streams.demo.run import Clock, verdict
from streams.trends.overview import Series, Summary


@pytest.fixture
def scene() -> view.Scene:
    """One event in the middle of the replay."""
    event = TrackedEvent(
        id="offer", title="An offer", revision="0" * 12, applied_at=datetime.now(UTC), engine=1, match="kursk"
    )
    posts = {"1m": 3, "5m": 41, "1h": 512, "24h": 600}
    people = {"1h": 307, "24h": 400}
    summary = Summary(event, None, posts, people, {"1h": 288, "24h": 390}, {}, Series(60, tuple(range(60))))
    row = view.Row(summary, [("denied", 77), ("asserted", 66)], [("other", 400), ("officials", 9)])
    return view.Scene("replaying", "14 March 2025 16:05", 1_200, 4_623, [row])


@pytest.mark.parametrize("width", [80, 160])
def test_the_picture_shows_every_number(scene: view.Scene, width: int) -> None:
    """Windows, people, texts, claims, groups, how far it is and where to look, on a narrow terminal too."""
    console = Console(width=width, height=50, record=True, file=None, force_terminal=False, quiet=False)
    with console.capture() as captured:
        console.print(view.picture(scene, ["Metrics: http://127.0.0.1:8080/metrics"]))
    shown = captured.get()
    for expected in (
        "offer",
        "denied 77",
        "officials 9",
        "denied 77, asserted 66",
        " 3 ",
        " 41 ",
        " 512 ",
        "307",
        "288",
        "1,200 of 4,623",
        "█",
    ):
        assert expected in shown, expected
    assert "http://127.0.0.1:8080/metrics" in shown
    assert max(map(len, shown.splitlines())) <= width


def test_without_a_terminal_it_is_one_line(scene: view.Scene) -> None:
    """A log gets a line."""
    assert view.line(scene) == ("replaying: 1200 of 4623 records, 14 March 2025 16:05; offer 1m 3 5m 41 1h 512")


def test_the_windows_follow_the_replay() -> None:
    """Pictures end at what has been replayed; before and after the replay they end now."""
    clock = Clock()
    assert (clock.part, clock.instant) == (0.0, None)
    clock.seconds, clock.starts = 60.0, datetime.now(UTC).timestamp() - 31.5
    assert clock.part == pytest.approx(0.5, abs=0.05)
    assert clock.instant == pytest.approx(clock.starts + 60 - 1_800, abs=180)
    assert clock.told.startswith("14 March 2025 1")
    clock.starts -= 60
    assert (clock.part, clock.instant) == (1.0, None)


def test_the_verdict_names_what_is_wrong() -> None:
    """A failed check is said in words, not only by an exit code."""
    result = Result(4_462, 161, 2_504, 157, 13, True, True, True, 20.0)
    assert verdict(Outcome(result, 2_347, ("13 dead letters, expected 14",))) == "WRONG: 13 dead letters, expected 14"
    assert verdict(Outcome(result, 2_347, ())).startswith("all as it ought to be: 2,347 posts")


def test_the_sample_says_what_is_true() -> None:
    """Its truth holds what stands in the end, by digest; deleted and unrelated posts are not in it."""
    known = sample.load()
    assert known.planted == 14
    assert known.records == 4_623
    assert all(path.is_file() for path in known.files)
    assert len(known.truth) >= 2_000
    assert all(len(post) == 8 and meanings for post, meanings in known.truth.items())
