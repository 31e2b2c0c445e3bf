"""Chance alone rings no bell, and what is planted in it is found: posts that come independently of each other."""

import math
import random

import pytest

from streams.trends.bursts import Evaluator, Ladder, Model, judge

MINUTE = 60
DAY = 1_440
#: A minute that begins a day.
START = 20_000 * DAY
TRIALS = 500


def poisson(rng: random.Random, mean: float) -> int:
    """Knuth's multiplication of uniform numbers, for small means."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


@pytest.mark.parametrize("rate", [0.01, 0.03, 0.1, 0.3, 1, 3, 10])
def test_chance_is_no_burst(rate: float) -> None:
    """Five streams of two months: more than two detections would mean more than 0.2 a month."""
    rng = random.Random(f"chance {rate}")
    found = 0
    for _ in range(5):
        minutes = ((START + at, float(poisson(rng, rate))) for at in range(61 * DAY))
        found += sum(verdict is not None and verdict.detected for verdict in judge(minutes, MINUTE, Model()))
    assert found <= 2


def found_within(rng: random.Random, rate: float, surge: list[int]) -> bool:
    """Whether a surge after three days at a rate is detected before it ends, as the worker would, minute by minute."""
    evaluator = Evaluator(Model())
    past = [poisson(rng, rate) for _ in range(3 * DAY + rng.randrange(60))]
    minutes = past + surge
    for end in range(len(past) + 1, len(minutes) + 1):
        hours = [sum(minutes[at : min(at + 60, end)]) for at in range(0, end, 60)]
        kept = max(0, end - 25 * 60)
        ladder = Ladder(START // 60, hours, START + kept, minutes[kept:end])
        now = (START + end) * MINUTE
        if evaluator.detection(ladder, now) == now:
            return True
    return False


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("rate", "times"), [(0.1, 10), (1, 5)])
def test_a_multiplied_rate_is_found_within_half_an_hour(rate: float, times: int) -> None:
    rng = random.Random(f"surge {rate}")
    found = sum(found_within(rng, rate, [poisson(rng, rate * times) for _ in range(30)]) for _ in range(TRIALS))
    assert found >= 0.95 * TRIALS


@pytest.mark.timeout(300)
def test_twenty_posts_on_a_silent_event_are_found_within_ten_minutes() -> None:
    rng = random.Random("twenty")
    found = 0
    for _ in range(TRIALS):
        surge = [0] * 10
        for _ in range(20):
            surge[rng.randrange(10)] += 1
        found += found_within(rng, 0, surge)
    assert found >= 0.95 * TRIALS
