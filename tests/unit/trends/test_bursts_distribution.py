"""Tails and quantiles of the negative binomial, against sums of its terms."""

import math

import pytest

from streams.trends.bursts.distribution import NegativeBinomial

CASES = [(mean, mean * ratio) for mean in (0.02, 0.5, 3, 60, 700) for ratio in (1.001, 1.1, 2, 30, 1_000)]


def below(mean: float, variance: float, count: int) -> float:
    """P(X < count), term by term."""
    size = mean * mean / (variance - mean)
    q = 1 - mean / variance
    terms = (
        math.lgamma(k + size) - math.lgamma(size) - math.lgamma(k + 1) + k * math.log(q) + size * math.log1p(-q)
        for k in range(count)
    )
    return math.fsum(math.exp(term) for term in terms)


@pytest.mark.parametrize(("mean", "variance"), CASES)
def test_the_score_is_the_logarithm_of_the_tail(mean: float, variance: float) -> None:
    law = NegativeBinomial(mean, variance)
    spread = math.sqrt(variance)
    for count in sorted({1, 2, 5, *(max(1, int(mean + times * spread)) for times in (-1, -0.3, 0, 1, 3))}):
        tail = 1 - below(mean, variance, count)
        if tail > 1e-6:  # beyond, the difference has too few digits left to compare
            assert law.score(count) == pytest.approx(-math.log10(tail), abs=0.0025)


@pytest.mark.parametrize(("mean", "variance"), CASES)
def test_the_middle_holds_ninety_five_in_a_hundred(mean: float, variance: float) -> None:
    lower, upper = NegativeBinomial(mean, variance).middle()
    assert below(mean, variance, lower) <= 0.025 < below(mean, variance, lower + 1) + 1e-9
    assert below(mean, variance, upper) <= 0.975 + 1e-9
    assert below(mean, variance, upper + 1) >= 0.975 - 1e-9


def test_far_tails_neither_vanish_nor_turn_back() -> None:
    law = NegativeBinomial(0.01, 0.0101)
    scores = [law.score(count) for count in (0, 1, 2, 10, 100, 1_000, 100_000)]
    assert scores[0] == 0
    assert scores == sorted(scores)
    assert math.isfinite(scores[-1])
    assert scores[-1] > 100_000


@pytest.mark.parametrize("mean", [1e-6, 1.0, 1e4, 1e9])
def test_whatever_the_scale_the_tail_falls_with_the_count(mean: float) -> None:
    law = NegativeBinomial(mean, mean * 1.5 + mean * mean / 9)
    scores = [law.score(mean * times) for times in (0.1, 0.5, 0.9, 1, 1.1, 2, 5, 20)]
    assert scores == sorted(scores)
    assert all(math.isfinite(score) and score >= 0 for score in scores)
