"""What may ring and what may not: a surge rings by its score, three posts after silence by no more than the bar."""

import random

import pytest

from streams.trends.bursts import Baseline, Evaluator, Ladder
from streams.trends.judgements import MODEL, blind, judged

HOURS = 28 * 24
MINUTE = 1_741_953_600
EVALUATOR = Evaluator(MODEL)


def baseline(hours: list[int]) -> Baseline:
    first = MINUTE // 3_600 - len(hours)
    found = EVALUATOR.baseline(Ladder(first, hours, 0, []), MINUTE // 3_600)
    assert found is not None
    return found


SILENT = baseline([0] * HOURS)
STEADY = baseline([random.Random(at).randrange(50, 70) for at in range(HOURS)])


def test_three_posts_after_silence_are_rare_but_no_burst() -> None:
    found = judged(MINUTE, 3, 1, SILENT, None)
    assert found.score > 4
    assert found.burst == MODEL.score
    assert not SILENT.exceeds(3, 1)


def test_a_detected_surge_rings_by_its_score() -> None:
    found = judged(MINUTE, 40, 1, SILENT, MINUTE - 60)
    assert SILENT.exceeds(40, 1)
    assert found.burst == found.score > 4
    assert found.detected_at == MINUTE - 60


def test_an_ordinary_hour_has_its_own_score() -> None:
    found = judged(MINUTE, 60, 1, STEADY, None)
    assert found.burst == found.score < MODEL.score
    assert found.lower <= 60 <= found.upper
    assert found.expected == pytest.approx(60, rel=0.05)


def test_half_an_hour_seen_is_judged_as_half_an_hour() -> None:
    found = judged(MINUTE, 30, 0.5, STEADY, None)
    assert found.expected == pytest.approx(30, rel=0.05)
    assert found.lower <= 30 <= found.upper < 60
    assert not found.blind


@pytest.mark.parametrize("share", [0, 0.4])
def test_less_than_half_an_hour_seen_is_blind(share: float) -> None:
    found = judged(MINUTE, 500, share, STEADY, None)
    assert found == blind(MINUTE, 500, STEADY)
    assert (found.score, found.burst, found.blind) == (0, 0, True)
    assert found.expected == STEADY.expected
