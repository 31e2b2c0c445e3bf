"""The negative binomial distribution of a count, by mean and variance: tail probability and quantiles.

Knows nothing of time, events or bursts. A tail takes a few microseconds, and its score is right to 0.0025 for any mean,
variance and count; quantiles are right to one count, and to a thousandth of themselves above a thousand.

The tail is the regularised incomplete beta function, P(X >= k) = I_q(k, r) with size r = mean^2 / (variance - mean)
and q = 1 - mean / variance (DLMF 8.17.5), by the continued fraction of DiDonato and Morris (1992, "Significant digit
computation of the incomplete beta function ratios", ACM TOMS 18), evaluated by Steed's method; for large r and k by the
saddlepoint with a continuity correction (Daniels, "Tail probability approximations", Int. Stat. Rev. 55, 1987, in
Barndorff-Nielsen's form). Quantiles: from the cube root of Wilson and Hilferty (1931) by single steps where it is
near, else by Newton's method.
"""

import math

_LN10 = math.log(10)
_ROOT_HALF = math.sqrt(0.5)
#: Standard normal deviates of the quantiles that bound the middle 95 %.
_Z95 = 1.959963984540054
#: From this size and this count on, the saddlepoint's error is below 0.0025 of a score, at a fifth of the time …
_LARGE_SIZE, _LARGE_COUNT = 5, 30
#: … but not at the mean, where it is a difference of nearly equal numbers, nor where erfc has no more digits.
_FLAT, _FAR = 0.01, 35
#: Past this many terms the fraction has long converged for every size that a count can give (it needs some root of it).
_MOST_TERMS = 10_000
_CLOSE = 1e-7
#: Of a distribution that hardly reaches this count, and up to a quantile that lies about here, probabilities are added
#: up one by one, but no more than so many.
_FEW, _SMALL, _MANY = 100, 25, 200
#: A quantile's last step, relative; and the count above which a few more or fewer don't matter.
_NEAR = 0.02
_LARGE = 1_000
#: Most of Newton's steps before it is clear that it ends on a whole number.
_NEWTON = 6
#: Most steps of one from a guess. They need the fraction only as close as to see which count a bound lies between.
_WALK, _CLOSE_BY = 100, 1e-5


class NegativeBinomial:
    """Counts of a given mean and variance; 0 < mean < variance."""

    __slots__ = ("_log_p", "_log_q", "_q", "_size", "_start", "mean", "variance")

    def __init__(self, mean: float, variance: float) -> None:
        self.mean = mean
        self.variance = variance
        over = variance - mean
        self._size = mean * mean / over
        self._q = over / variance
        self._log_q = math.log(self._q)
        self._log_p = math.log(mean / variance)
        self._start = self._size * self._log_p - math.lgamma(self._size)

    def score(self, count: float) -> float:
        """-log10 P(X >= count): 0 at a count of 0, 3 where a thousandth of all counts are as large."""
        if count <= 0:
            return 0.0
        score = self._roughly(count)
        return self._exactly(count)[0] if score is None else score

    def _rising(self, count: float) -> tuple[float, float]:
        """The score of a count, and by how much it rises to the next."""
        score = self._roughly(count)
        if score is None:
            score, log_front = self._exactly(count)
        else:
            log_front = self._log_front(count)
        return score, math.exp(log_front) / count * 10 ** min(score, 300) / _LN10

    def _roughly(self, count: float) -> float | None:
        """The score by the saddlepoint; None where that isn't to be used."""
        if self._size >= _LARGE_SIZE and count >= _LARGE_COUNT:
            deviate, _ = self._deviate(count)
            if _FLAT < abs(deviate) < _FAR:
                return -math.log10(math.erfc(deviate * _ROOT_HALF) / 2)
        return None

    def _exactly(self, count: float) -> tuple[float, float]:
        """The score by the fraction, and what stands before that, as a logarithm."""
        size, q = self._size, self._q
        log_front = self._log_front(count)
        if q * (count + size + 2) < count + 1:
            return -(log_front + math.log(_fraction(count, size, q))) / _LN10, log_front
        below = math.exp(log_front) * _fraction(size, count, 1 - q)
        return -math.log1p(-min(below, 1 - 1e-16)) / _LN10, log_front

    def _log_front(self, count: float) -> float:
        """Log of q^k p^r / B(k, r), which both forms of the fraction share: k times the count's own probability."""
        return math.lgamma(count + self._size) - math.lgamma(count) + count * self._log_q + self._start

    def _deviate(self, count: float) -> tuple[float, float]:
        """The standard normal deviate with the tail of this count, and roughly how much it rises to the next count.

        Both are 0 where the count lies too close to the mean to tell.
        """
        size, mean = self._size, self.mean
        at = count - 0.5
        tilt = math.log(at * (size + mean) / (mean * (size + at)))
        root = math.sqrt(max(0.0, 2 * (at * tilt - size * math.log((size + at) / (size + mean)))))
        if root < _FLAT:
            return 0.0, 0.0
        signed = math.copysign(root, tilt)
        correction = math.log(2 * math.sinh(tilt / 2) * math.sqrt(at * (size + at) / size) / signed) / signed
        return signed + correction, tilt / signed

    def middle(self) -> tuple[int, int]:
        """The quantiles at 2.5 and 97.5 %: 95 % of counts lie between them, both included."""
        if self.mean + 4 * math.sqrt(self.variance) < _FEW:
            found = self._add_up(0.025, 0.975)
            if found is not None:
                return found
        return self._quantile(0.025, -_Z95), self._quantile(0.975, _Z95)

    def _add_up(self, lower: float, upper: float) -> tuple[int, int] | None:
        """Two quantiles by adding up the probabilities of 0, 1, 2 …: fastest where they are small; None where not."""
        size, q = self._size, self._q
        probability = below = math.exp(size * self._log_p)
        first = 0 if below >= lower else None
        if below >= upper:
            return 0, 0
        for count in range(1, _MANY):
            probability *= q * (size + count - 1) / count
            below += probability
            if below >= lower:
                if first is None:
                    first = count
                if below >= upper:
                    return first, count
        return None

    def _quantile(self, probability: float, deviate: float) -> int:
        """The smallest count that is not exceeded with this probability."""
        shape = self.mean * self.mean / self.variance
        root = 1 - 1 / (9 * shape) + deviate / (3 * math.sqrt(shape))
        count = max(self.mean * root**3 if root > 0 else 0.0, 1.0)
        if count < _SMALL:
            small = self._add_up(probability, probability)
            if small is not None:
                return small[0]
        if self._size >= _LARGE_SIZE:
            found = self._below(deviate, count)
            if found is not None:
                return found
        elif count < _LARGE:
            found = self._walk(1 - probability, int(count))
            if found is not None:
                return found
        target = -math.log10(1 - probability)
        if math.exp(self._size * self._log_p) >= probability:
            return 0
        low, high = 1.0, math.inf
        near = False
        while not near:
            score, rise = self._rising(count)
            low, high = (count, high) if score < target else (low, count)
            step = count + (target - score) / rise if rise > 0 else math.nan
            if not low <= step <= high:
                step = (low + high) / 2 if high < math.inf else 2 * count
            near = abs(step - count) <= _NEAR * count  # Newton's method doubles the digits: the last step is the finest
            count = step
        whole = math.floor(count)
        if count > _LARGE:
            return whole
        while self.score(whole) >= target:
            whole -= 1
        while self.score(whole + 1) < target:
            whole += 1
        return whole

    def _below(self, deviate: float, start: float) -> int | None:
        """The largest count whose deviate is below this one, by Newton's method on the saddlepoint's own scale.

        A step or two, as deviates are all but straight there; None where the saddlepoint isn't to be used, and where it
        ends too close to a whole number to call.
        """
        count = start
        for _ in range(_NEWTON):
            if not _LARGE_COUNT < count < 0.99 * _LARGE:
                return None
            at, rise = self._deviate(count)
            if not rise:
                return None
            step = (deviate - at) / rise
            count += step
            whole = math.floor(count)
            if abs(step) < min(count - whole, whole + 1 - count):  # what is left is a small part of the last step
                return whole if _LARGE_COUNT < whole < 0.99 * _LARGE else None
        return None

    def _walk(self, tail: float, start: int) -> int | None:
        """The largest count that is reached with more than this probability, by steps of one from a guess nearby.

        One fraction and some products instead of a fraction a step; None where it is too far, or too close to call.
        """
        count = first = max(start, 1)
        size, q = self._size, self._q
        front = math.exp(self._log_front(count))
        if q * (count + size + 2) < count + 1:
            reached = part = front * _fraction(count, size, q, _CLOSE_BY)
        else:
            part = front * _fraction(size, count, 1 - q, _CLOSE_BY)
            reached = 1 - part
        mass, tie = front / count, _CLOSE_BY * part
        beyond = reached
        if reached > tail:
            for count in range(first, first + _WALK):
                beyond = reached - mass
                if beyond <= tail:
                    break
                mass *= q * (size + count) / (count + 1)
                reached = beyond
        else:
            for count in range(first - 1, max(first - _WALK, 0), -1):
                beyond = reached
                mass *= (count + 1) / (q * (size + count))
                reached += mass
                if reached > tail:
                    break
        if not beyond + tie < tail < reached - tie:
            return None
        return count if count < 0.99 * _LARGE else None  # beyond, a quantile is Newton's, right or nearly so


def _fraction(a: float, b: float, x: float, close: float = _CLOSE) -> float:
    """I_x(a, b) B(a, b) / (x^a (1 - x)^b), for x up to about a / (a + b), where it converges fast.

    It is `close`, in relation to itself.
    """
    turn = a * (1 - x) - b * x + 1
    two = 2 - x
    whole = a + b - 1
    value = a * turn / (a + 1)
    d = change = 0.0
    for m in range(1, _MOST_TERMS):
        above = a + m
        before = above + m - 1
        rest = m * (b - m) * x
        numerator = (above - 1) * (whole + m) * rest * x / (before * before)
        term = m + rest / before + above * (turn + m * two) / (before + 2)
        d = 1 / (term + numerator * d)
        change = change * (term * d - 1) if m > 1 else numerator * d
        value += change
        if -close * value < change < close * value:
            break
    return 1 / value
