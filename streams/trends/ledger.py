"""The caller's half of `ledger.lua`: sums a batch as if all of it were new and calls the script once per event.

Knows one event revision at a time. What record goes into which hour was decided by the index; what a cell holds
already, what is frozen and what has to be corrected is the script's business.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from streams.trends.contributions import HOUR, SLOT, Contribution, Shape, Standing, dimensions, pack_cell
from streams.trends.keys import KEEP_10S, KEEP_PEOPLE, PEOPLE, Keys
from streams.trends.orders import raw
from streams.trends.scripts import Call

CALL_RECORDS = 500
"""Most records in one call: keeps a call near 5 ms, in which Redis answers nobody else."""

CLOCK_SLACK = 3_600
"""Seconds by which this machine's clock may differ from Redis' (index.lua refuses more)."""

Rung = tuple[list[str] | list[msgspec.Raw], list[int]]
"""The fields of one key and what is added to each."""

_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class Entry:
    """One record to be written to one event: into `hours`, of which only its own holds the contribution.

    `hours` None: it is outranked, and takes back what it or a lower one left in its own hour.
    """

    standing: Standing
    contribution: Contribution | None
    hours: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class LedgerCall:
    """At most `CALL_RECORDS` records of one event, summed."""

    tag: str
    keep: int
    hours: tuple[int, ...]
    fresh: list[list[msgspec.Raw]]
    others: list[list[msgspec.Raw | str]]
    sums: list[list[Rung] | None]

    def request(self, keys: Keys) -> Call:
        """The script call that suffices unless a value's last ten minutes are taken back."""
        return self._request(keys, since=0, past=[])

    def request_with_past(self, keys: Keys, now: int) -> Call:
        """The same with the people of all kept hours declared, for the answer 0."""
        since = (now - KEEP_PEOPLE - CLOCK_SLACK) // HOUR
        until = max(*self.hours, (now + CLOCK_SLACK) // HOUR)
        past = [keys.event(self.tag, f"{kind}:{hour}") for hour in range(since, until + 1) for kind in PEOPLE]
        return self._request(keys, since=since, past=past)

    def _request(self, keys: Keys, *, since: int, past: list[str]) -> Call:
        names = [name for hour in self.hours for name in keys.hour(self.tag, hour)]
        names += [keys.event(self.tag, name) for name in (*PEOPLE, "changes")]
        request = _encode((self.keep, self.hours, self.fresh, self.others, self.sums, since))
        return Call(names + past, (request,))


def calls(tag: str, entries: Sequence[Entry], keep: int) -> Iterator[LedgerCall]:
    """The entries of one event as calls, in order."""
    now = int(time.time())
    for start in range(0, len(entries), CALL_RECORDS):
        yield _call(tag, entries[start : start + CALL_RECORDS], keep, now)


def _call(tag: str, entries: Sequence[Entry], keep: int, now: int) -> LedgerCall:
    repeated = {post for post, n in Counter(entry.standing.post for entry in entries).items() if n > 1}
    fresh: defaultdict[int, list[msgspec.Raw]] = defaultdict(list)
    others: defaultdict[int, list[msgspec.Raw | str]] = defaultdict(list)
    summed: defaultdict[int, _Sums] = defaultdict(_Sums)
    for entry in entries:
        standing, contribution = entry.standing, entry.contribution
        own, post = standing.hour, raw(standing.post)
        if entry.hours is None:
            others[own] += (post, raw(standing.order), "o")
            continue
        for hour in entry.hours:
            if contribution is None or hour != own:
                others[hour] += (post, raw(standing.order), "w")
            elif standing.post in repeated:
                others[hour] += (post, raw(pack_cell(standing, contribution)), "w")
            else:
                fresh[hour] += (post, raw(pack_cell(standing, contribution)))
                summed[hour].add(standing.at, contribution)
    hours = tuple(sorted({*fresh, *others}))
    return LedgerCall(
        tag,
        keep,
        hours,
        [fresh[hour] for hour in hours],
        [others[hour] for hour in hours],
        [summed[hour].fields(hour, now) if hour in summed else None for hour in hours],
    )


class _Sums:
    """What the records of one hour add to each rung."""

    __slots__ = ("authors", "domains", "shapes", "texts")

    def __init__(self) -> None:
        self.shapes: Counter[tuple[int, Shape]] = Counter()
        self.authors: Counter[str] = Counter()
        self.texts: Counter[bytes] = Counter()
        self.domains: Counter[str] = Counter()

    def add(self, at: int, contribution: Contribution) -> None:
        second = at % HOUR
        self.shapes[second // SLOT, contribution.shape] += 1
        ten = second // 600
        self.authors[f"{ten}|{contribution.author}"] += 1
        self.texts[b"%d|%b" % (ten, contribution.fingerprint)] += 1
        for domain in contribution.domains:
            self.domains[f"{ten}|{domain}"] += 1

    def fields(self, hour: int, now: int) -> list[Rung]:
        slots: defaultdict[str, int] = defaultdict(int)
        minutes: defaultdict[str, int] = defaultdict(int)
        whole: defaultdict[str, int] = defaultdict(int)
        # A back-fill reads days: their finest rung has expired on any clock, and it is the dearest to sum.
        fine = (hour + 1) * HOUR + KEEP_10S + CLOCK_SLACK > now
        for (slot, shape), n in self.shapes.items():
            minute = slot // 6
            for name in dimensions(shape):
                if fine:
                    slots[f"{slot}|{name}"] += n
                minutes[f"{minute}|{name}"] += n
                whole[f"{hour % 24}|{name}"] += n
        named: list[Mapping[str, int]] = [slots, minutes, whole, self.authors, self.domains]
        rungs: list[Rung] = [(list(rung), list(rung.values())) for rung in named]
        rungs.insert(4, ([raw(field) for field in self.texts], list(self.texts.values())))
        return rungs
