"""The caller's half of `ledger.lua`: sums a batch as if all of it were new and calls the script once per event.

Knows one event revision at a time. What record goes into which hour was decided by the index; what a cell holds
already, what is frozen and what has to be corrected is the script's business.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from streams.trends.contributions import HOUR, SLOT, Contribution, Shape, Standing, dimensions, pack_cell
from streams.trends.keys import KEEP_10S, KEEP_PEOPLE, PEOPLE, Keys
from streams.trends.orders import raw
from streams.trends.scripts import Call

CALL_RECORDS = 500
"""Most records in one call: keeps a call near 5 ms, in which Redis answers nobody else."""

FEW = 4
"""So many records of one hour the script sums by itself: cheaper than to sum them here and read them there."""

CLOCK_SLACK = 3_600
"""Seconds by which this machine's clock may differ from Redis' (index.lua refuses more)."""

Rung = tuple[list[str] | list[msgspec.Raw], list[int]]
"""The fields of one key and what is added to each."""

_encode = msgspec.msgpack.Encoder().encode


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One record to be written to one event: into `hours`, of which only its own holds the contribution.

    `hours` None: it is outranked, and takes back what it or a lower one left in its own hour.
    """

    standing: Standing
    contribution: Contribution | None
    hours: tuple[int, ...] | None


class LedgerCall(msgspec.Struct, frozen=True, gc=False):
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
        names += keys.revision(self.tag)
        request = _encode((self.keep, self.hours, self.fresh, self.others, self.sums, since))
        return Call(names + past, (request,))


def calls(tag: str, entries: Sequence[Entry], keep: int) -> Iterator[LedgerCall]:
    """The entries of one event as calls, in order."""
    now = int(time.time())
    for start in range(0, len(entries), CALL_RECORDS):
        yield _call(tag, entries[start : start + CALL_RECORDS], keep, now)


def _call(tag: str, entries: Sequence[Entry], keep: int, now: int) -> LedgerCall:
    posts = [entry.standing.post for entry in entries]
    repeated = {post for post, n in Counter(posts).items() if n > 1} if len(set(posts)) < len(posts) else ()
    new: defaultdict[int, list[tuple[Standing, Contribution]]] = defaultdict(list)
    others: defaultdict[int, list[msgspec.Raw | str]] = defaultdict(list)
    for entry in entries:
        standing, contribution = entry.standing, entry.contribution
        own = standing.hour
        if entry.hours is None:
            others[own] += (raw(standing.post), raw(standing.order), "o")
            continue
        for hour in entry.hours:
            if contribution is None or hour != own:
                others[hour] += (raw(standing.post), raw(standing.order), "w")
            elif standing.post in repeated:
                others[hour] += (raw(standing.post), raw(pack_cell(standing, contribution)), "w")
            else:
                new[hour].append((standing, contribution))
    fresh: dict[int, list[msgspec.Raw]] = {}
    sums: dict[int, list[Rung]] = {}
    for hour, each in new.items():
        if len(each) <= FEW:
            for standing, contribution in each:
                others[hour] += (raw(standing.post), raw(pack_cell(standing, contribution)), "w")
        else:
            fresh[hour] = [part for pair in each for part in (raw(pair[0].post), raw(pack_cell(*pair)))]
            sums[hour] = _sums(hour, each, now)
    hours = tuple(sorted({*fresh, *others}))
    return LedgerCall(
        tag,
        keep,
        hours,
        [fresh.get(hour, []) for hour in hours],
        [others.get(hour, []) for hour in hours],
        [sums.get(hour) for hour in hours],
    )


def _sums(hour: int, records: Iterable[tuple[Standing, Contribution]], now: int) -> list[Rung]:
    """What records of one hour add to each rung."""
    shapes: Counter[tuple[int, Shape]] = Counter()
    authors: Counter[str] = Counter()
    texts: Counter[bytes] = Counter()
    domains: Counter[str] = Counter()
    for standing, contribution in records:
        second = standing.at % HOUR
        shapes[second // SLOT, contribution.shape] += 1
        ten = second // 600
        authors[f"{ten}|{contribution.author}"] += 1
        texts[b"%d|%b" % (ten, contribution.fingerprint)] += 1
        for domain in contribution.domains:
            domains[f"{ten}|{domain}"] += 1
    slots: defaultdict[str, int] = defaultdict(int)
    minutes: defaultdict[str, int] = defaultdict(int)
    whole: defaultdict[str, int] = defaultdict(int)
    # A back-fill reads days: their finest rung has expired on any clock, and it is the dearest to sum.
    fine = (hour + 1) * HOUR + KEEP_10S + CLOCK_SLACK > now
    for (slot, shape), n in shapes.items():
        minute = slot // 6
        for name in dimensions(shape):
            if fine:
                slots[f"{slot}|{name}"] += n
            minutes[f"{minute}|{name}"] += n
            whole[f"{hour % 24}|{name}"] += n
    named: list[Mapping[str, int]] = [slots, minutes, whole, authors, domains]
    rungs: list[Rung] = [(list(rung), list(rung.values())) for rung in named]
    rungs.insert(4, ([raw(field) for field in texts], list(texts.values())))
    return rungs
