"""Which posts an alert shows: the largest copied text once, the busiest groups, then the newest. Pure.

So five posts say what kinds of posts there are, not what the loudest copied most.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from streams.alerts.conditions import CompiledAlert, Dimension
from streams.trends.cells import Entry
from streams.trends.contributions import dimensions

SAMPLES = 5


def choose(standing: Sequence[Entry], alert: CompiledAlert, n: int = SAMPLES) -> list[tuple[Entry, int]]:
    """Up to `n` posts, no two of one text, and how many of the window have each one's text.

    Posts that the condition is about (`count(claim:x)`) come before all others.
    """
    copies = Counter(each.contribution.fingerprint for each in standing)
    about = {quantity.of.field for quantity in alert.asks if isinstance(quantity.of, Dimension)}
    wanted = [each for each in standing if about.intersection(dimensions(each.contribution.shape))]
    chosen: dict[bytes, Entry] = {}
    for pool in (wanted, standing):
        for each in _in_order(pool):
            if len(chosen) == n:
                break
            chosen.setdefault(each.contribution.fingerprint, each)
    return [(each, copies[text]) for text, each in chosen.items()]


def _in_order(pool: Collection[Entry]) -> Iterator[Entry]:
    newest = sorted(pool, key=lambda each: (each.at, each.offset, each.lane), reverse=True)
    copies = Counter(each.contribution.fingerprint for each in pool)
    shown: set[bytes] = set()
    if copies and max(copies.values()) > 1:
        text, _ = copies.most_common(1)[0]
        shown.add(text)
        yield next(each for each in reversed(newest) if each.contribution.fingerprint == text)  # whom they copied
    groups = Counter(group for each in pool for group in each.contribution.groups if group != "other")
    for group, _ in groups.most_common():
        of_group = (each for each in newest if group in each.contribution.groups)
        another = next((each for each in of_group if each.contribution.fingerprint not in shown), None)
        if another is not None:
            shown.add(another.contribution.fingerprint)
            yield another
    yield from newest
