"""What matching a post costs over the number of rules, as ratios within one run.

The matchers take turns at stretches of posts: short enough that a machine that slows down slows them all, long enough
for each to find its own rules in the processor's caches, as in a worker, which has one.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from schemas import Post, TrackedEvent
from streams.matching import Matcher

RULES = (100, 1_000, 10_000, 40_000)
ROUNDS = 5
STRETCH = 5_000


@dataclass(frozen=True, slots=True)
class Cost:
    """`ratio` is against the fewest rules, in the same round; medians over the rounds."""

    seconds: float
    ratio: float
    matched: float


def measure(events: Sequence[TrackedEvent], posts: Sequence[Post], progress: Callable[[], None]) -> dict[int, Cost]:
    """Cost of a post by number of rules, in processor seconds; `progress` is called `ROUNDS` times."""
    matchers = {count: Matcher(events[:count]) for count in RULES}
    rounds: list[dict[int, float]] = []
    matched = dict.fromkeys(RULES, 0)
    for _ in range(ROUNDS):
        spent = dict.fromkeys(RULES, 0.0)
        for start in range(0, len(posts), STRETCH):
            stretch = posts[start : start + STRETCH]
            for count, matcher in matchers.items():
                started = time.process_time()
                matched[count] += sum([bool(matcher.match(post)) for post in stretch])
                spent[count] += time.process_time() - started
        rounds.append(spent)
        progress()
    return {
        count: Cost(
            statistics.median(spent[count] for spent in rounds) / len(posts),
            statistics.median(spent[count] / spent[RULES[0]] for spent in rounds),
            matched[count] / (len(posts) * ROUNDS),
        )
        for count in RULES
    }
