"""Bursts: is what an event brings more than its own past lets expect? Pure: no store, no broker, no clock, no files.

**What is judged.** The sum of the hour that ends now (a sliding window; single minutes are noise, days are late).
Offline it is a series in any fixed step (`judge`), online the bucket ladder (`Evaluator`): the same arithmetic, the
same verdict.

**What is expected.** Closed clock hours of the last four weeks are the past; hours that the window touches are not,
so a surge is never measured by itself. The *level* is their mean, a day weighing e^(-1/14) of the next (exponential
weights: Brown, Statistical Forecasting, 1959; a level shift is learnt in days), with Jeffreys' prior of a Poisson
rate, so that an event that was always silent expects next to nothing instead of nothing. The expectation draws the
level towards what the same hour of day brought, and that towards what the same hour of the week brought, with
credibility n / (n + 20) after n such hours (Buehlmann, ASTIN Bulletin 4, 1967): one odd Tuesday moves it little, four
weeks of a rhythm do.

**How it scatters.** Counts of posts come in heaps: a Poisson rate that itself varies as Gamma is the negative
binomial (Greenwood and Yule, J. R. Stat. Soc. 83, 1920), the common law of outbreak detection too (Farrington et al.,
J. R. Stat. Soc. A 159, 1996; Noufaily et al., Stat. Med. 32, 2013). Its variance is the plain weighted variance of
the past hours, at least Poisson's, plus that of the level's own estimate. Plain on purpose: an estimate that clips or
medians surges away forgets that this event has them, and rings at every one. A surge thus raises the bar (through the
variance) far more than the expectation, and both fade with the memory.

**Score.** -log10 P(at least as many posts), exact, of that distribution. 95 % lie between its quantiles.

**Burst.** The score reaches 2.3 (one hour in two hundred), and the sum twice what is expected, six standard
deviations of pure chance above it (this decides for steady and quiet events, the score for restless ones), and twelve
posts. Detected is its first row or minute, and again only after eight hours without any: one surge is one detection.

**Missing is not zero.** What wasn't seen is left out of the past; of a window, half must have been seen, and is
judged as that share. More than an hour missing is a debt of as many rows, at most a day's, and no burst is detected
until about as many were seen: what comes back after an outage is rarely what was there before. The first 24 hours are
not judged.

**The settings** are round values from the middle of a plateau, the same for all events; none is learnt from a series.
In steps longer than an hour, a step stands for the hour.
"""

from streams.trends.bursts.ladder import Evaluator, Ladder
from streams.trends.bursts.model import KEPT_DAYS, Baseline, Model, Verdict
from streams.trends.bursts.series import judge

__all__ = ["KEPT_DAYS", "Baseline", "Evaluator", "Ladder", "Model", "Verdict", "judge"]
