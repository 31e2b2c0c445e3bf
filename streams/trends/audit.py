"""Holds what Redis counted against its own ledger, and the ledger against one that was worked out elsewhere.

The ledger is compared cell by cell with what a recount expects; every counter of an hour with the plain sum over the
hour's cells. Each hour is read in one script, so that live workers may go on writing. Knows no Kafka.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.settings import Settings
from streams.trends.contributions import HOUR, Cell, Contribution, dimensions, unpack_cell
from streams.trends.keys import KEEP_1H, KEEP_1M, KEEP_10S, KEEP_PEOPLE, PEOPLE, Keys
from streams.trends.scripts import Call, Client, Script

_snapshot = Script("snapshot.lua")

DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Expected:
    """What a post's record that stands ought to have left: `post` is its digest."""

    post: bytes
    version: int
    offset: int
    partition: int
    at: int
    contribution: Contribution


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one key that isn't what it ought to be; None: absent."""

    key: str
    field: str
    expected: str | None
    found: str | None


@dataclass(slots=True)
class Audit:
    """What was compared and what differs."""

    posts: int = 0
    hours: int = 0
    differences: list[Difference] = field(default_factory=list)


class Auditor:
    """Compares one revision's keys; `is_later` says of a (partition, offset) that the recount did not read so far."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        self._redis = redis
        self._keys = Keys(settings.prefix)
        self._keep = int(settings.keep)

    async def compare(
        self,
        tag: str,
        expected: Iterable[Expected],
        is_later: Callable[[int, int], bool],
        hours: range,
    ) -> Audit:
        """Compare every hour in `hours` (since the epoch) whose ledger is still kept."""
        by_hour: dict[int, dict[bytes, Expected]] = {}
        for each in expected:
            by_hour.setdefault(each.at // HOUR, {})[each.post] = each
        audit = Audit()
        for hour in hours:
            await self._compare_hour(tag, hour, by_hour.get(hour, {}), is_later, audit)
        await self._compare_people(tag, audit)
        return audit

    async def _compare_hour(
        self,
        tag: str,
        hour: int,
        expected: Mapping[bytes, Expected],
        is_later: Callable[[int, int], bool],
        audit: Audit,
    ) -> None:
        names = self._keys.hour(tag, hour)
        now, flat = await self._read(names)
        over = (hour + 1) * HOUR
        if over + self._keep <= now:
            return  # frozen: Redis has dropped the ledger, or is about to
        cells = {post: unpack_cell(packed) for post, packed in flat[0].items()}
        standing = {post: cell for post, cell in cells.items() if cell.contribution is not None}
        if not standing and not expected:
            return
        audit.hours += 1
        self._compare_cells(names[0], expected, standing, cells, is_later, audit)
        for name, found, wanted, kept in (
            (names[1], flat[1], _sums(standing, lambda c: (c.slot,)), KEEP_10S),
            (names[2], flat[2], _sums(standing, lambda c: (c.slot // 6,)), KEEP_1M),
            (names[4], flat[4], _people(standing, lambda c: (c.author,)), KEEP_PEOPLE),
            (names[5], flat[5], _people(standing, lambda c: (c.fingerprint,)), KEEP_PEOPLE),
            (names[6], flat[6], _people(standing, lambda c: c.domains), KEEP_PEOPLE),
        ):
            if over + kept > now:
                _compare_counts(name, wanted, found, audit)
        day_over = (hour // 24 + 1) * DAY
        if day_over + KEEP_1H > now:
            mine = f"{hour % 24}|".encode()
            found = {name: n for name, n in flat[3].items() if name.startswith(mine)}
            _compare_counts(names[3], _sums(standing, lambda _: (hour % 24,)), found, audit)

    def _compare_cells(
        self,
        key: str,
        expected: Mapping[bytes, Expected],
        standing: Mapping[bytes, Cell],
        cells: Mapping[bytes, Cell],
        is_later: Callable[[int, int], bool],
        audit: Audit,
    ) -> None:
        for post, want in expected.items():
            cell = cells.get(post)
            if cell is not None and is_later(want.partition, cell.offset):
                continue
            audit.posts += 1
            if cell is None or cell.contribution is None or _described(cell) != _described_expected(want):
                audit.differences.append(
                    Difference(key, post.hex(), _described_expected(want), _described(cell) if cell else None)
                )
        for post, cell in standing.items():
            if post not in expected and not is_later(cell.partition, cell.offset):
                audit.differences.append(Difference(key, post.hex(), None, _described(cell)))

    async def _compare_people(self, tag: str, audit: Audit) -> None:
        """Each value's last ten minutes against the hourly counts it is drawn from."""
        now, _ = await self._read([])
        hours = range((now - KEEP_PEOPLE) // HOUR - 1, now // HOUR + 2)
        for kind in PEOPLE:
            names = [self._keys.event(tag, kind), *(self._keys.event(tag, f"{kind}:{hour}") for hour in hours)]
            now, (found, *counts) = await self._read(names)
            first = (now - KEEP_PEOPLE) // 600 + 6  # the edge is trimmed when the next record comes
            wanted: dict[bytes, int] = {}
            for hour, each in zip(hours, counts, strict=True):
                for name in each:
                    ten, _, value = name.partition(b"|")
                    wanted[value] = max(wanted.get(value, 0), hour * 6 + int(ten))
            recent = {value: n for value, n in wanted.items() if n >= first}
            seen = {value: int(float(n)) for value, n in found.items() if int(float(n)) >= first}
            _compare_counts(names[0], recent, {value: str(n).encode() for value, n in seen.items()}, audit)

    async def _read(self, names: list[str]) -> tuple[int, list[dict[bytes, bytes]]]:
        now, *flat = await _snapshot.call(self._redis, Call(names, ()))
        return int(now), [_pairs(each) for each in flat]


def _pairs(flat: Any) -> dict[bytes, bytes]:
    if isinstance(flat, dict):
        return flat
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _sums(cells: Mapping[bytes, Cell], bucket: Callable[[Cell], tuple[int]]) -> Counter[bytes]:
    counts: Counter[bytes] = Counter()
    for cell in cells.values():
        assert cell.contribution is not None
        (number,) = bucket(cell)
        for name in dimensions(cell.contribution.shape):
            counts[f"{number}|{name}".encode()] += 1
    return counts


def _people(cells: Mapping[bytes, Cell], values: Callable[[Contribution], tuple[str | bytes, ...]]) -> Counter[bytes]:
    counts: Counter[bytes] = Counter()
    for cell in cells.values():
        assert cell.contribution is not None
        for value in values(cell.contribution):
            raw = value.encode() if isinstance(value, str) else value
            counts[b"%d|%b" % (cell.slot // 60, raw)] += 1
    return counts


def _compare_counts(key: str, wanted: Mapping[bytes, int], found: Mapping[bytes, bytes], audit: Audit) -> None:
    for name in sorted(wanted.keys() | found.keys()):
        want, have = wanted.get(name), found.get(name)
        if (None if want is None else str(want).encode()) != have:
            audit.differences.append(
                Difference(
                    key,
                    name.decode("utf-8", "backslashreplace"),
                    None if want is None else str(want),
                    None if have is None else have.decode("utf-8", "backslashreplace"),
                )
            )


def _described(cell: Cell) -> str:
    where = f"version {cell.version} offset {cell.offset} partition {cell.partition} slot {cell.slot}"
    return f"{where} {cell.contribution}" if cell.contribution else f"taken back by version {cell.version}"


def _described_expected(each: Expected) -> str:
    slot = each.at % HOUR // 10
    return _described(Cell(each.version, each.offset, each.partition, slot, each.contribution))
