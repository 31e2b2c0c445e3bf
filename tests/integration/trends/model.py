"""What Redis ought to hold, worked out plainly: for each post and event the highest record, everything else its sum.

Knows the rules (order, visibility, what is frozen, what each rung keeps) and shares no code with the scripts but the
packing of cells and the names of dimensions, which have tests of their own.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from streams.trends.contributions import Contribution, Standing, dimensions, pack_cell

HOUR, DAY = 3_600, 86_400
KEEP_PEOPLE = 26 * HOUR

Counts = dict[str, dict[bytes, int]]


@dataclass(slots=True)
class Expected:
    """Of one event: key (without prefix and tag) -> fields."""

    cells: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    counts: Counts = field(default_factory=dict)
    people: Counts = field(default_factory=dict)
    """authors, texts and domains: value -> last ten minutes."""
    standing: list[tuple[Standing, Contribution]] = field(default_factory=list)


def winner(records: Iterable[Standing], tag: str) -> Standing | None:
    """The record of one post that stands for an event."""
    visible = [each for each in records if each.visible or tag in each.contributions]
    return max(visible, key=lambda each: (each.version, each.offset), default=None)


def expected(records: Iterable[Standing], tag: str, keep: int, now: int) -> Expected:
    """What an event's keys hold once all records have been applied, in whatever way."""
    posts: dict[bytes, list[Standing]] = {}
    for each in records:
        posts.setdefault(each.post, []).append(each)
    out = Expected()
    for of_post in posts.values():
        stands = winner(of_post, tag)
        if stands is None or tag not in stands.contributions or (stands.hour + 1) * HOUR + keep <= now:
            continue
        _add(out, stands, stands.contributions[tag], now)
    return out


def _add(out: Expected, standing: Standing, contribution: Contribution, now: int) -> None:
    hour, second = standing.hour, standing.at % HOUR
    over = (hour + 1) * HOUR
    out.standing.append((standing, contribution))
    out.cells.setdefault(f"ledger:{hour}", {})[standing.post] = pack_cell(standing, contribution)
    for key, bucket, expires in (
        (f"10s:{hour}", second // 10, over + 2 * HOUR),
        (f"1m:{hour}", second // 60, over + 25 * HOUR),
        (f"1h:{hour // 24}", hour % 24, (hour // 24 + 1) * DAY + 35 * DAY),
    ):
        if expires > now:
            for name in dimensions(contribution.shape):
                _bump(out.counts, key, f"{bucket}|{name}".encode())
    if over + KEEP_PEOPLE > now:
        for kind, values in people_of(contribution).items():
            for value in values:
                _bump(out.counts, f"{kind}:{hour}", b"%d|%b" % (second // 600, value))
                last = out.people.setdefault(kind, {})
                last[value] = max(last.get(value, 0), standing.at // 600)


def people_of(contribution: Contribution) -> Mapping[str, list[bytes]]:
    return {
        "authors": [contribution.author.encode()],
        "texts": [contribution.fingerprint],
        "domains": [domain.encode() for domain in contribution.domains],
    }


def _bump(counts: Counts, key: str, name: bytes) -> None:
    each = counts.setdefault(key, {})
    each[name] = each.get(name, 0) + 1


def window(standing: Iterable[tuple[Standing, Contribution]], width: int, at: int, now: int) -> dict[str, int]:
    """Counts of a window by the rule: buckets that start in (at - width, at], as fine as is still kept at each edge."""

    def after(t: int) -> int:
        over = (t // HOUR + 1) * HOUR
        step = 10 if over + 2 * HOUR > now else 60 if over + 25 * HOUR > now else HOUR
        return t // step * step + step

    first, end = after(at - width), after(at)
    counts: Counter[str] = Counter()
    for each, contribution in standing:
        if first <= each.at < end:
            counts.update(dimensions(contribution.shape))
    return dict(counts)
