"""A scrape as text, in Prometheus' own format or in OpenMetrics: the same families and bound as the exposition's.

What was written of an event is kept, and written anew when its numbers are others: of ten thousand events few move
between two scrapes, and prometheus-client's encoder takes twenty microseconds a series. Knows no HTTP.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from streams.web.exposition import COUNTERS, DROPPED, Reading, Series, Snapshot, connectors, metrics, ordered, singles

#: Events that are written in one go: some milliseconds of the loop, where all are new.
_PORTION = 25


@dataclass(frozen=True, slots=True)
class _Fragment:
    """The lines of one event in one metric; both formats have the same."""

    lines: str
    count: int


class Text:
    """Writes scrapes, one after the other."""

    def __init__(self) -> None:
        self._written: dict[str, tuple[Reading, Sequence[_Fragment]]] = {}

    async def of(self, snapshot: Snapshot | None, max_series: int, *, openmetrics: bool) -> bytes:
        """One snapshot, without OpenMetrics' last line; None: Redis did not answer, and no number is shown."""
        parts = [line for named, value in singles(snapshot) for line in _single(named, value)]
        if snapshot is None:
            return "".join(parts).encode()
        events = ordered(snapshot.readings)
        written = {}
        for number, each in enumerate(events, 1):
            written[each.event.tag] = self._written[each.event.tag] = self._again(each)
            if number % _PORTION == 0:
                await asyncio.sleep(0)
        self._written = written  # without the events that have gone
        rows = [written[each.event.tag][1] for each in events]
        left, dropped = max_series, 0
        for column, (named, _, _) in enumerate(metrics([])):
            parts += _head(named, openmetrics)
            fragments = [row[column] for row in rows]
            count = sum([fragment.count for fragment in fragments])
            if count <= left:  # nearly always
                parts += [fragment.lines for fragment in fragments]
                left -= count
                continue
            for fragment in fragments:
                if fragment.count <= left:
                    parts.append(fragment.lines)
                    left -= fragment.count
                else:
                    parts += fragment.lines.splitlines(keepends=True)[:left]
                    dropped += fragment.count - left
                    left = 0
        for named, labels, series in connectors(snapshot):
            parts += [*_head(named, openmetrics), _fragment(named[0], labels, series).lines]
        parts += _single(DROPPED, dropped)
        return "".join(parts).encode()

    def _again(self, reading: Reading) -> tuple[Reading, Sequence[_Fragment]]:
        before = self._written.get(reading.event.tag)
        if before is not None and before[0] == reading:
            return before
        return reading, [_fragment(name, labels, series) for (name, _), labels, series in metrics([reading])]


def _fragment(name: str, labels: Sequence[str], series: Iterable[Series]) -> _Fragment:
    order = sorted(range(len(labels)), key=labels.__getitem__)
    pairs = ",".join(f'{labels[i]}="%s"' for i in order)
    form = f"{_sample(name)}{{{pairs}}} %s\n"
    lines = [form % (*[_escaped(values[i]) for i in order], float(n)) for values, n in series]
    return _Fragment("".join(lines), len(lines))


def _single(named: tuple[str, str], value: int) -> Iterator[str]:
    yield from _head(named, False)
    yield f"{named[0]} {float(value)}\n"


def _head(named: tuple[str, str], openmetrics: bool) -> Iterator[str]:
    name, help = named
    kind = "counter" if name in COUNTERS else "gauge"
    family = name if openmetrics else _sample(name)  # of a counter OpenMetrics names the family without its suffix
    yield f"# HELP {family} {help}\n# TYPE {family} {kind}\n"


def _sample(name: str) -> str:
    return f"{name}_total" if name in COUNTERS else name


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
