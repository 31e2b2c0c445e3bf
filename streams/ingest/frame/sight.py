"""From when to when a connector saw nothing, and what of that could not be read afterwards either. Pure."""

from datetime import UTC, datetime
from itertools import pairwise

from schemas import Connector, Spell

#: Seconds that an ended spell is kept: what the longest history of counts is looked at for.
KEPT = 35 * 86_400
#: Most spells of a report; with more, the two nearest to each other become one.
MOST = 500


class Sight:
    """What one connector sees. Times are unix seconds."""

    def __init__(self, before: Connector | None, now: float) -> None:
        """`before`: its last report. Since then nobody has looked."""
        self.blind_since: float | None = now
        self._spells: list[tuple[float, float]] = []
        if before is not None:
            self.blind_since = min((before.blind_since or before.at).timestamp(), now)
            self._spells = [(each.since.timestamp(), each.until.timestamp()) for each in before.blind]

    def lose(self, now: float) -> None:
        """Nothing is seen from now on."""
        if self.blind_since is None:
            self.blind_since = now

    def open(self, since: float | None, now: float) -> None:
        """The platform is heard again, and tells all from `since` on; None: all there was."""
        if self.blind_since is not None and since is not None and since > self.blind_since:
            self._spells.append((self.blind_since, min(since, now)))

    def see(self) -> None:
        """The platform's present is seen."""
        self.blind_since = None

    def spells(self, now: float) -> tuple[Spell, ...]:
        """The ended spells that are still kept, in order and apart."""
        merged: list[tuple[float, float]] = []
        for since, until in sorted(self._spells):
            if until < now - KEPT or since >= until:
                continue
            if merged and since <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], until))
            else:
                merged.append((since, until))
        while len(merged) > MOST:
            _join_nearest(merged)
        self._spells = merged
        return tuple(Spell(since=_instant(since), until=_instant(until)) for since, until in merged)


def _join_nearest(spells: list[tuple[float, float]]) -> None:
    gaps = [after[0] - before[1] for before, after in pairwise(spells)]
    nearest = gaps.index(min(gaps))
    spells[nearest : nearest + 2] = [(spells[nearest][0], spells[nearest + 1][1])]


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
