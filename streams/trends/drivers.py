"""Who drives an event: how many voices it has, what is copied most, which claims and groups gain, who came first.

The read model of one event (tag), from Redis alone; which words a post had, the log says (`evidence`). All of it is
worked out from what stands when somebody asks, so edits and deletes leave no trace in it.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from streams.settings import Settings
from streams.trends.cells import Cells, Entry
from streams.trends.contributions import HOUR
from streams.trends.keys import DAY, KEEP_1H, Keys
from streams.trends.scripts import Client, pipelined
from streams.trends.voices import group
from streams.trends.windows import TEN_MINUTES, WINDOWS, Windows, tens, text_name

#: Different texts in a window beyond which voices are not told apart: it would take seconds.
MOST_TEXTS = 100_000
#: Authors whose share is told, and copied texts that are listed.
TOP = 10
#: What the author of an article, its outlet, begins with.
_OUTLET = b"web/"
#: Posts of the first ten seconds that are looked at to find the very first.
TIES = 10


@dataclass(frozen=True, slots=True)
class Copies:
    """A text and its near-copies in a window: posts, different wordings, authors, and seconds from first to last.

    `text` names the wording that most posts have. `first` is the earliest post, to ten seconds.
    """

    text: str
    posts: int
    wordings: int
    authors: int
    spread: int
    first: Entry


@dataclass(frozen=True, slots=True)
class Authors:
    """Different outlets whose articles stand, and the share of all posts that the ten busiest authors have: None of no
    posts."""

    outlets: int
    top_share: float | None


@dataclass(frozen=True, slots=True)
class Part:
    """What a claim or group has of a window's posts, and of the same time before; a share is None of no posts."""

    posts: int
    share: float | None
    posts_before: int
    share_before: float | None


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """The hour (since the epoch) in which a claim or group is first counted, of the last 35 days.

    `entries` are the posts of its first ten seconds, at most `TIES`; none where the hour's ledger has expired.
    """

    hour: int
    entries: tuple[Entry, ...]


class Drivers:
    """Reads all of it, of any event."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        self._redis = redis
        self._keys = Keys(settings.prefix)
        self._windows = Windows(redis, settings)
        self._cells = Cells(redis, settings)

    async def voices(self, tag: str, windows: Sequence[str], at: int | None = None) -> dict[str, int | None]:
        """Window -> different texts, near-copies being one; None where there are over `MOST_TEXTS`.

        Windows go by whole ten minutes, as those of `Windows.distinct`. Raises `NotKept` for those over 26 h ago.
        """
        widest = max(windows, key=WINDOWS.__getitem__)
        seen = None if at is not None else await self._windows.last_seen(tag, "texts", widest)
        found: dict[str, int | None] = {}
        for window in windows:
            if seen is None:
                texts = set(await self._windows.totals(tag, "texts", window, at))
            else:
                first, _ = tens(window, int(time.time()))
                texts = {text for text, ten in seen.items() if ten >= first}
            found[window] = len(set((await group(texts)).values())) if len(texts) <= MOST_TEXTS else None
        return found

    async def authors(self, tag: str, window: str, at: int | None = None) -> Authors:
        """Whose the posts of a window (by whole ten minutes) are. Raises `NotKept` for windows over 26 h ago."""
        posts = await self._windows.totals(tag, "authors", window, at)
        total = posts.total()
        return Authors(
            outlets=sum(name.startswith(_OUTLET) for name in posts),
            top_share=sum(n for _, n in posts.most_common(TOP)) / total if total else None,
        )

    async def copies(self, tag: str, window: str, at: int | None = None) -> list[Copies]:
        """The texts that most posts of a window (by whole ten minutes) have, near-copies together, at most `TOP`.

        Raises `NotKept` for windows over 26 h ago. With more than `MOST_TEXTS` only exact copies are put together.
        """
        instant = int(time.time()) if at is None else at
        posts = await self._windows.totals(tag, "texts", window, instant)
        groups = await group(posts) if len(posts) <= MOST_TEXTS else {text: text for text in posts}
        sums: Counter[bytes] = Counter()
        for text, n in posts.items():
            sums[groups[text]] += n
        largest = [root for root, n in sorted(sums.items(), key=lambda each: (-each[1], each[0]))[:TOP] if n > 1]
        wanted = {text: root for text, root in groups.items() if root in set(largest)}
        members: dict[bytes, list[Entry]] = {root: [] for root in largest}
        first, last = tens(window, instant)
        for hour in range(first // 6, last // 6 + 1) if wanted else ():
            async for entry in self._cells.standing(tag, hour):
                if first <= entry.at // TEN_MINUTES <= last:
                    root = wanted.get(entry.contribution.fingerprint)
                    if root is not None:
                        members[root].append(entry)
        return [_copies(entries) for entries in members.values() if entries]

    async def shares(self, tag: str, windows: Sequence[str], at: int | None = None) -> dict[str, dict[str, Part]]:
        """Window -> `claim:…`, `group:…` and `claim_group:…/…` -> what it has of it and of the same time before.

        Of a window that is no longer kept there is nothing.
        """
        instant = int(time.time()) if at is None else at
        present = (await self._windows.many([tag], windows, instant))[tag]
        found: dict[str, dict[str, Part]] = {}
        for window in windows:
            now = present.get(window)
            before = (await self._windows.many([tag], [window], instant - WINDOWS[window]))[tag].get(window)
            found[window] = {} if now is None or before is None else _parts(now, before)
        return found

    async def first_seen(self, tag: str, names: Iterable[str], at: int | None = None) -> dict[str, FirstSeen]:
        """`claim:…` or `group:…` -> when it was first counted, of those that were, up to `at`.

        One look at the hourly counts of 35 days, then at the ledger of each hour that they point at.
        """
        instant = int(time.time()) if at is None else at
        hours = await self._first_hours(tag, sorted(names), instant // HOUR)
        found = {name: FirstSeen(hour, ()) for name, hour in hours.items()}
        for hour in {hour for hour in hours.values() if self._cells.is_kept(hour)}:
            earliest: dict[str, list[Entry]] = {name: [] for name, first in hours.items() if first == hour}
            words = {name.partition(":")[2].encode() for name in earliest}
            async for entry in self._cells.standing(tag, hour, words):
                for name in earliest.keys() & _names(entry) if entry.at <= instant else ():
                    if not earliest[name] or entry.at < earliest[name][0].at:
                        earliest[name] = [entry]
                    elif entry.at == earliest[name][0].at:
                        earliest[name].append(entry)
            for name, entries in earliest.items():
                if entries:
                    found[name] = FirstSeen(hour, tuple(sorted(entries, key=lambda entry: entry[:3])[:TIES]))
                else:  # taken back meanwhile, or not yet at that instant
                    del found[name]
        return found

    async def _first_hours(self, tag: str, names: Sequence[str], until: int) -> dict[str, int]:
        if not names:
            return {}
        days = range(int(time.time()) // DAY - KEEP_1H // DAY - 1, until // 24 + 1)
        fields = [f"{hour}|{name}" for hour in range(24) for name in names]
        answers = await pipelined(self._redis, [("HMGET", self._keys.event(tag, f"1h:{day}"), *fields) for day in days])
        found: dict[str, int] = {}
        for day, counts in zip(days, answers, strict=True):
            for i, count in enumerate(counts):
                hour = day * 24 + i // len(names)
                if count is not None and hour <= until:
                    found.setdefault(names[i % len(names)], hour)
        return found


def _parts(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, Part]:
    names = sorted(name for name in {*now, *before} if name.partition(":")[0] in ("claim", "group", "claim_group"))
    return {
        name: Part(now.get(name, 0), _share(name, now), before.get(name, 0), _share(name, before)) for name in names
    }


def _share(name: str, counts: Mapping[str, int]) -> float | None:
    return counts.get(name, 0) / counts["all"] if counts.get("all") else None


def _names(entry: Entry) -> set[str]:
    c = entry.contribution
    return {*(f"claim:{claim}" for claim in c.claims), *(f"group:{name}" for name in c.groups)}


def _copies(entries: Sequence[Entry]) -> Copies:
    wordings = Counter(entry.contribution.fingerprint for entry in entries)
    first = min(entries, key=lambda entry: entry[:3])
    return Copies(
        text=text_name(min(wordings, key=lambda text: (-wordings[text], text))),
        posts=len(entries),
        wordings=len(wordings),
        authors=len({entry.contribution.author for entry in entries}),
        spread=max(entry.at for entry in entries) - first.at,
        first=first,
    )
