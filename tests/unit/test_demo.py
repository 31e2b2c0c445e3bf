"""What the demo shows, and the sample that it replays."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from schemas import TrackedEvent
from streams.demo import sample, view
from streams.demo.checks import Outcome, Result, differences, refused
from streams.demo.run import Clock, verdict
from streams.demo.stage import remove_stale
from streams.trends import digest
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
    """A log gets a line, also before any event is served."""
    head = "replaying: 1200 of 4623 records, 14 March 2025 16:05"
    assert view.line(scene) == f"{head}; offer 1m 3 5m 41 1h 512"
    assert view.line(view.Scene(scene.note, scene.told, scene.fed, scene.records, [])) == head


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
    assert verdict(Outcome(result, 2_347, ())).startswith("all as it ought to be: 2,347 posts recounted")
    assert " 2,347 posts and 1 event of your own recounted" in verdict(Outcome(result, 2_347, (), own=1))
    assert " and 2 events of your own " in verdict(Outcome(result, 2_347, (), own=2))


def test_the_truth_is_of_the_sample_alone() -> None:
    """Events and posts of who watches are passed over; a match that is missing, made up, wrong or double is named."""
    said: sample.Meaning = (("denied",), ("officials",))
    truth: sample.Truth = {b"matching": {"offer": said}, b"nothing.": {}}
    own: sample.Truth = {b"theirs..": {"offer": said, "dock-strike": said}}
    assert differences(truth, {b"matching": {"offer": said, "dock-strike": said}, **own}, {"offer"}) == []
    assert differences(truth, own, set()) == []
    wrongs: list[sample.Truth] = [
        {},
        {b"matching": {"offer": ((), ("officials",))}},
        {b"matching": {"offer": said, "offer twice": said}},
        {b"matching": {"offer": said}, b"nothing.": {"offer": said}},
    ]
    for found in wrongs:
        assert len(differences(truth, found, {"offer"})) == 1, found


def test_dead_letters_of_others_are_passed_over() -> None:
    """What counts is planted in the sample, or a good record of it that should not have been refused."""
    good, theirs = (b'{"platform":"x","id":"%d","op":"delete","version":1}' % each for each in (1, 2))
    known = replace(sample.load(), truth={digest("x:1"): {}})
    assert refused(known, known.planted | {b"{", theirs}) == known.planted
    assert refused(known, [theirs, good]) == {good}


def test_folders_of_demos_that_were_killed_are_removed(tmp_path: Path) -> None:
    """Those whose process is gone, and nothing else that is called so."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    pids = {"dead": f"{gone.pid}\n", "alive": f"{os.getpid()}\n", "other": "who knows", "none": None}
    for name, pid in pids.items():
        folder = tmp_path / f"tocsin-demo-{name}"
        (folder / "kafka").mkdir(parents=True)
        if pid is not None:
            (folder / "pid").write_text(pid)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "pid").write_text(pids["dead"] or "")
    (tmp_path / "tocsin-demo-link").symlink_to(tmp_path / "kept")
    (tmp_path / "tocsin-demo-file").touch()
    remove_stale(tmp_path)
    left = {path.name.removeprefix("tocsin-demo-") for path in tmp_path.iterdir()}
    assert left == {"alive", "other", "none", "kept", "link", "file"}
    assert (tmp_path / "kept" / "pid").exists()


def test_the_sample_says_what_is_true() -> None:
    """Its truth holds what stands in the end, by digest; deleted and unrelated posts stand nowhere."""
    known = sample.load()
    assert len(known.planted) == 14
    assert known.records == 4_623
    assert all(path.is_file() for path in known.files)
    assert sum(bool(meanings) for meanings in known.truth.values()) >= 2_000
    assert all(len(post) == 8 for post in known.truth)
