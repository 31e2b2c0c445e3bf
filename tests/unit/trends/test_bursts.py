"""What is a burst and what is none, on small series whose answer is plain."""

import math
import random
from collections.abc import Iterator, Sequence

import pytest

from streams.trends.bursts import Model, Verdict, judge

MINUTE, FIVE, HOUR, DAY = 60, 300, 3_600, 86_400
#: An hour and a day begin here.
START = 1_700_006_400


def verdicts(counts: Sequence[float | None], step: int, start: int = START) -> list[Verdict | None]:
    return list(judge(((start // step + at, count) for at, count in enumerate(counts)), step, Model()))


def detections(counts: Sequence[float | None], step: int) -> list[int]:
    return [at for at, verdict in enumerate(verdicts(counts, step)) if verdict is not None and verdict.detected]


def poisson(rng: random.Random, mean: float) -> int:
    """Knuth's multiplication of uniform numbers, for small means."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def steady(mean: float, rows: int, seed: int = 1) -> list[float | None]:
    rng = random.Random(seed)
    return [poisson(rng, mean) for _ in range(rows)]


def silent(days: float, step: int = MINUTE) -> list[float | None]:
    return [0] * int(days * DAY / step)


def test_nothing_is_judged_before_a_day_was_seen() -> None:
    found = verdicts(steady(5, 3 * 288), FIVE)
    first = next(at for at, verdict in enumerate(found) if verdict is not None)
    assert 288 <= first <= 288 + 24
    assert all(verdict is not None for verdict in found[first:])


@pytest.mark.parametrize(("posts", "found"), [(3, False), (11, False), (20, True), (40, True)])
def test_a_few_posts_after_silence_are_no_burst_but_many_are(posts: int, found: bool) -> None:
    minutes: list[float | None] = [posts // 10 + (at < posts % 10) for at in range(10)]
    assert bool(detections(silent(2) + minutes, MINUTE)) is found


def test_a_surge_is_found_once_however_long_it_lasts() -> None:
    calm = steady(2, 4 * 288)
    assert detections(calm + steady(20, 60, 2) + steady(2, 288, 3), FIVE) == pytest.approx([4 * 288 + 3], abs=6)


def test_a_surge_that_comes_back_before_it_was_quiet_is_the_same_one() -> None:
    calm, surge = steady(2, 4 * 288), steady(20, 12, 2)
    soon, later = steady(2, 6 * 12, 3), steady(2, 12 * 12, 4)
    assert len(detections(calm + surge + soon + surge, FIVE)) == 1
    assert len(detections(calm + surge + later + surge, FIVE)) == 2


def test_a_new_level_is_one_detection_and_then_the_usual() -> None:
    found = verdicts(steady(2, 7 * 288) + steady(8, 14 * 288, 2), FIVE)
    assert sum(verdict is not None and verdict.detected for verdict in found) == 1
    assert found[-1] is not None
    assert found[-1].expected > 4


def test_a_surge_raises_the_bar_more_than_the_expectation() -> None:
    before = verdicts(steady(2, 8 * 288), FIVE)[-1]
    after = verdicts(steady(2, 7 * 288) + steady(40, 12, 2) + steady(2, 276, 3), FIVE)[-1]
    assert before is not None
    assert after is not None
    assert after.expected < 1.3 * before.expected
    assert after.upper > 1.3 * before.upper


@pytest.mark.parametrize("gap", [30, 120, 600, 2_000])
@pytest.mark.parametrize("how", ["absent", "empty"])
def test_an_outage_is_no_silence_and_its_end_no_surge(gap: int, how: str) -> None:
    counts = steady(5, 6 * 1_440)
    begin = 3 * 1_440 + 17
    rows = [(START // MINUTE + at, count) for at, count in enumerate(counts)]
    if how == "absent":
        rows = rows[:begin] + rows[begin + gap :]
    else:
        rows[begin : begin + gap] = [(at, None) for at, _ in rows[begin : begin + gap]]
    found = list(judge(rows, MINUTE, Model()))
    assert not any(verdict is not None and verdict.detected for verdict in found)
    last = found[-1]
    assert last is not None
    assert last.expected == pytest.approx(5, rel=0.1)


def test_after_an_outage_as_much_must_be_seen_before_a_burst_is_called_one() -> None:
    surge: list[float | None] = [count * 10 for count in steady(1, 60, 2) if count is not None]
    for rest, found in ((60, False), (400, True)):
        rows = [(START // MINUTE + at, count) for at, count in enumerate(steady(1, 3 * 1_440))]
        begin = rows[-1][0] + 301
        rows += [(begin + at, count) for at, count in enumerate(steady(1, rest, 3) + surge)]
        assert any(verdict is not None and verdict.detected for verdict in judge(rows, MINUTE, Model())) is found


def test_of_a_window_mostly_missing_there_is_no_score() -> None:
    counts = steady(1, 2 * 1_440)
    counts[-40:] = [None] * 39 + [1]
    last = verdicts(counts, MINUTE)[-1]
    assert last is not None
    assert last.score is None
    assert not last.detected


def test_the_time_of_day_and_of_the_week_move_the_expectation() -> None:
    def count(at: int) -> float:
        hour, day = at % 24, at // 24 % 7
        return (90 if 8 <= hour < 20 else 30) * (0.2 if day >= 5 else 1)

    found = verdicts([count(at) for at in range(6 * 7 * 24 + 24)], HOUR)
    night, noon = found[-24 + 3], found[-24 + 12]
    friday, saturday = found[-4 * 24 + 12], found[-3 * 24 + 12]
    assert night is not None
    assert noon is not None
    assert noon.expected > 1.3 * night.expected
    assert friday is not None
    assert saturday is not None
    assert saturday.expected < 0.95 * friday.expected


@pytest.mark.parametrize("mean", [0.05, 1, 8])
def test_of_chance_alone_the_bounds_hold_ninety_five_in_a_hundred(mean: float) -> None:
    counts = steady(mean, 20 * 288)
    pairs = [(count, each) for count, each in zip(counts, verdicts(counts, FIVE), strict=True) if each is not None]
    held = sum(each.lower <= count <= each.upper for count, each in pairs if count is not None) / len(pairs)
    assert 0.94 <= held <= 1
    assert sum(each.expected for _, each in pairs) / len(pairs) == pytest.approx(mean, rel=0.15)


@pytest.mark.parametrize("step", [10, 420, 900, 2_700, HOUR, 2 * HOUR, DAY])
def test_any_step_will_do(step: int) -> None:
    rows = max(60 * HOUR // step, 60)
    posts = 40 * min(step, HOUR) / HOUR
    surge: list[float | None] = [12 * posts] * max(1, HOUR // step)
    found = detections(steady(posts, rows) + surge, step)
    assert len(found) == 1
    assert found[0] >= rows


def test_a_verdict_needs_no_row_after_its_own() -> None:
    taken = 0

    def rows() -> Iterator[tuple[int, float | None]]:
        nonlocal taken
        for at, count in enumerate(steady(3, 2 * 288)):
            taken += 1
            yield START // FIVE + at, count

    for given, _ in enumerate(judge(rows(), FIVE, Model()), 1):
        assert taken == given
