"""All events at this moment, asked for again and again: what a scrape needs, read anew only where it can have changed.

Each look asks every event how often its counts have changed, in a call for many. Windows are summed up and people are
counted again only where a count was changed since, or where a window has moved over a bucket that holds something.
Knows nothing of what is done with the numbers.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from streams.settings import Settings
from streams.trends.scripts import Client
from streams.trends.windows import TEN_MINUTES, WINDOWS, Kind, Windows

PEOPLE: tuple[Kind, ...] = ("authors", "texts")
PEOPLE_WINDOWS = ("1h", "24h")
"""What is counted by how many different ones there are, and over which windows."""

#: Windows that are summed up in one round trip: keeps Redis' answer, and what others wait for it, small.
_SUMMED_AT_ONCE = 100
#: No window wider than this can do with the names that are known.
_SHORT = WINDOWS["1h"]


@dataclass(frozen=True, slots=True)
class Glance:
    """One event revision at one moment; the very same object again where nothing of it has changed."""

    windows: Mapping[str, Mapping[str, int]]
    """Window -> dimension -> posts; zeros are left out."""
    people: Mapping[tuple[Kind, str], int]
    """(authors | texts, window) -> different ones."""
    matched: int
    retracted: int


@dataclass(frozen=True, slots=True)
class _Held:
    glance: Glance
    until: Mapping[str, int]
    """Window -> the instant from which on its sum may be another one though nothing is written."""


class Glances:
    """The numbers of the revisions that were asked about last. One caller at a time."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._windows = Windows(redis, settings)
        self._held: dict[str, _Held] = {}
        self._at = 0
        self._ten = 0

    def forget(self) -> None:
        """Read everything anew: Redis is another process, which may have forgotten what the old one knew."""
        self._held = {}
        self._ten = 0

    async def of(self, tags: Collection[str], at: int | None = None) -> dict[str, Glance]:
        """Tag -> its numbers at this moment (`at`: the clock of a test). Raises redis-py's errors."""
        now = int(time.time()) if at is None else at
        if now < self._at:  # the clock was set back
            self.forget()
        self._at = now
        whole: dict[str, Sequence[str]] = {}
        moved: dict[str, Sequence[str]] = {}
        changes = await self._windows.changes(tags)
        for tag, made in changes.items():
            held = self._held.get(tag)
            if held is None or made != (held.glance.matched, held.glance.retracted):
                whole[tag] = tuple(WINDOWS)
            elif gone := [window for window, until in held.until.items() if until <= now]:
                (moved if max(WINDOWS[window] for window in gone) <= _SHORT else whole)[tag] = gone
        # Windows of people move with the ten minutes.
        turned = now // TEN_MINUTES != self._ten
        people = await self._windows.distinct_now(list(changes if turned else whole), PEOPLE, PEOPLE_WINDOWS, now)
        # Nothing was written, so no name can have come that no window had.
        names = {tag: set().union(*self._held[tag].glance.windows.values()) for tag in moved}
        self._held = {tag: held for tag, held in self._held.items() if tag in changes}
        asked = {**moved, **whole}
        due = list(asked)
        for start in range(0, len(due), _SUMMED_AT_ONCE):
            some = {tag: asked[tag] for tag in due[start : start + _SUMMED_AT_ONCE]}
            for tag, sums in (await self._windows.lasting(some, now, names)).items():
                # At once: who gives up in between has got on.
                self._held[tag] = self._joined(tag, changes[tag], people.get(tag), sums)
        for tag in people.keys() - asked.keys():
            self._held[tag] = self._joined(tag, changes[tag], people[tag], {})
        self._ten = now // TEN_MINUTES
        return {tag: self._held[tag].glance for tag in changes}

    def _joined(
        self,
        tag: str,
        changes: tuple[int, int],
        people: Mapping[tuple[Kind, str], int] | None,
        sums: Mapping[str, tuple[dict[str, int], int]],
    ) -> _Held:
        held = self._held.get(tag)
        if held is not None and not sums and people == held.glance.people:
            return held
        if people is None:  # not asked for: they are what they were
            people = held.glance.people if held is not None else {}
        windows = dict(held.glance.windows) if held is not None else {}
        until = dict(held.until) if held is not None else {}
        for window, (found, lasts) in sums.items():
            windows[window], until[window] = found, lasts
        return _Held(Glance(windows, people, *changes), until)
