"""Replays files of posts and articles (NDJSON, CSV; plain, gzip, zstd) into Kafka: `tocsin ingest files` and the demo.

Every record of a file arrives somewhere: usable or not it goes to its topic, where the worker refuses what it can't
use; one that Kafka cannot take becomes a dead letter here. Knows nothing of the command line.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from aiokafka.errors import KafkaError

from schemas import DeadLetter, Reason
from schemas.codec import encode
from schemas.dead_letter import MAX_RAW_BYTES
from streams.connections import MAX_RECORD_BYTES
from streams.errors import UserError
from streams.ingest.columns import Columns, Table
from streams.ingest.lines import STDIN, Line, Lines
from streams.ingest.pace import paced
from streams.ingest.producing import Outgoing, Sender, reason
from streams.ingest.records import Examined, Kind, examine, is_too_large, moved
from streams.ingest.shape import FIRST, is_ndjson, mistake
from streams.ingest.times import MAX_AHEAD, Mapping
from streams.settings import Settings
from streams.topics import DEAD_LETTERS

log = logging.getLogger(__name__)

#: Records that are examined and handed over between two yields to the loop: 50 ms of work.
SLICE = 2_000
#: Slices that may be unconfirmed before the next one is handed over.
IN_FLIGHT = 4
#: Seconds between two lines in the log about a Kafka that does not confirm.
SAY_EVERY = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to replay.

    `to`: the topic of every record; None: guessed from each. `speed`: seconds of the files' own time a second, all
    files together in the order of their times; None: one file after the other, as fast as it goes. `span`: lay all
    times linearly onto that many seconds ending at `until` (milliseconds; None: now); None: times stay. `columns`: the
    files are CSV with these columns; None: NDJSON.
    """

    to: Kind | None = None
    speed: float | None = None
    span: int | None = None
    until: int | None = None
    columns: Columns | None = None


@dataclass(slots=True)
class Summary:
    """What became of the records read: usable `posts` and `articles`, and `bad` ones that are, or become, dead letters.

    `sent`: confirmed by Kafka, all but those too large for it. `older`: with a time before what the topics keep.
    `first_bad`: `FILE:LINE: reason: detail` of the first bad one; "": there is none.
    """

    read: int = 0
    sent: int = 0
    posts: int = 0
    articles: int = 0
    bad: int = 0
    older: int = 0
    first_bad: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a replay is: bytes of the files as they lie on disk (`total` None: unknown), and its summary so far."""

    phase: str
    done: int
    total: int | None
    summary: Summary


class Arrival(msgspec.Struct, frozen=True):
    """A record of a file. `time` (milliseconds) is its own, else that of the record before it, else None."""

    source: str
    line: Line
    record: Examined
    time: int | None


def ignore(progress: Progress) -> None:
    """Show nothing."""


class Replay:
    """One replay of some files."""

    def __init__(
        self,
        settings: Settings,
        sender: Sender,
        paths: Sequence[Path],
        options: Options,
        show: Callable[[Progress], None] = ignore,
    ) -> None:
        """Raises `UserError` for a file that isn't there, or can't be read twice where `span` needs that."""
        self.summary = Summary()
        self._settings = settings
        self._sender = sender
        self._paths = paths
        self._options = options
        self._show = show
        self._now = int(time.time() * 1_000)
        self._latest = max(self._now, options.until or 0) + MAX_AHEAD
        self._mapping: Mapping | None = None
        self._unconfirmed: deque[tuple[asyncio.Future[list[Any]], int]] = deque()
        self._done: dict[Path, int] = {}
        self._phase = "sending"
        _check(paths, options)
        sizes = [path.stat().st_size if path.is_file() else None for path in paths]
        self._total = None if None in sizes else sum(size or 0 for size in sizes)

    async def run(self) -> Summary:
        """Return when Kafka has confirmed every record.

        Raises `UserError` for a broken file, a refusing Kafka, and an input that is not NDJSON; nothing is sent where
        that is a file.
        """
        for path in self._paths:
            if path.is_file():
                async with aclosing(self._read(path)) as slices:
                    await anext(slices, None)
        if self._options.span is not None:
            self._mapping = await self._measure(self._options.span * 1_000)
        try:
            async for arrivals in self._arrivals():
                await self._send(arrivals)
            while self._unconfirmed:
                await self._confirm()
        except KafkaError as error:
            raise UserError(
                f"Kafka at {self._settings.kafka} (TOCSIN_KAFKA) refused records after {self.summary.sent} were sent: "
                f"{reason(error)}",
                code=69,
            ) from None
        return self.summary

    def _arrivals(self) -> AsyncIterator[list[Arrival]]:
        self._done.clear()
        sources = [self._read(path) for path in self._paths]
        return paced(sources, self._options.speed) if self._options.speed else _one_by_one(sources)

    async def _measure(self, length: int) -> Mapping:
        first: int | None = None
        last = 0
        self._phase = "reading times"
        for path in self._paths:
            async for arrivals in self._read(path):
                for each in arrivals:
                    if each.record.oldest is not None and each.record.newest is not None:
                        first = each.record.oldest if first is None else min(first, each.record.oldest)
                        last = max(last, each.record.newest)
                self._show(Progress(self._phase, sum(self._done.values()), self._total, self.summary))
        self._phase = "sending"
        until = self._now if self._options.until is None else self._options.until
        return Mapping(until if first is None else first, until if first is None else last, length, until)

    async def _read(self, path: Path) -> AsyncGenerator[list[Arrival], None]:
        """The records of one file, a slice at a time. Raises `UserError` where its first lines show it is no NDJSON."""
        kind: Kind = self._options.to or "posts"
        newest: int | None = None
        held: list[Line] = []
        trusted = False
        with self._open(path) as lines:
            while True:
                await lines.ready()
                read = lines.read()
                if not trusted:
                    held += read or ()
                    trusted = bool(held) and is_ndjson(held)
                    if not trusted and held and (read is None or len(held) >= FIRST):
                        raise UserError(mistake(path, held), code=65)
                    if trusted:
                        read, held = held, []
                if read is None:
                    return
                self._done[path] = lines.position
                if not trusted:
                    continue
                for start in range(0, len(read), SLICE):
                    arrivals = []
                    for line in read[start : start + SLICE]:
                        record = examine(line.data, self._options.to, kind, self._latest)
                        kind = record.kind
                        newest = newest if record.newest is None else record.newest
                        arrivals.append(Arrival(lines.name, line, record, newest))
                    yield arrivals
                    await asyncio.sleep(0)

    def _open(self, path: Path) -> Lines:
        if self._options.columns is not None:
            return Table(path, MAX_RECORD_BYTES, MAX_RAW_BYTES, self._options.columns)
        return Lines(path, MAX_RECORD_BYTES, MAX_RAW_BYTES)

    async def _send(self, arrivals: Sequence[Arrival]) -> None:
        outgoing = [self._outgoing(each) for each in arrivals]
        letters = self._settings.topic(DEAD_LETTERS)
        count = sum(each.topic != letters for each in outgoing)
        while len(self._unconfirmed) >= IN_FLIGHT or (self._unconfirmed and self._unconfirmed[0][0].done()):
            await self._confirm()
        self._unconfirmed.append((await self._sender.send(outgoing), count))
        self._show(Progress(self._phase, sum(self._done.values()), self._total, self.summary))

    def _outgoing(self, arrival: Arrival) -> Outgoing:
        record, summary = arrival.record, self.summary
        summary.read += 1
        timestamp, value = self._placed(arrival)
        if arrival.line.size > len(arrival.line.data) or is_too_large(record.key, value):
            letter = _too_large(arrival)
            self._count_bad(arrival, f"{letter.reason}: {letter.detail}")
            return Outgoing(self._settings.topic(DEAD_LETTERS), letter.key.encode(), encode(letter), self._now)
        if record.trouble is not None:
            self._count_bad(arrival, str(record.trouble))
        elif record.kind == "articles":
            summary.articles += 1
        else:
            summary.posts += 1
        summary.older += timestamp < self._now - self._settings.retention * 1_000
        return Outgoing(self._settings.topic(record.kind), record.key, value, timestamp)

    def _count_bad(self, arrival: Arrival, problem: str) -> None:
        self.summary.bad += 1
        self.summary.first_bad = self.summary.first_bad or f"{arrival.source}:{arrival.line.number}: {problem}"

    def _placed(self, arrival: Arrival) -> tuple[int, bytes]:
        """The Kafka timestamp: the newest of the record's own times, mapped where all are; and its bytes then."""
        mapping = self._mapping
        if mapping is None:
            return (self._now if arrival.time is None else arrival.time), arrival.record.value
        timestamp = mapping(mapping.first if arrival.time is None else arrival.time)
        return timestamp, moved(arrival.record, mapping, self._latest)

    async def _confirm(self) -> None:
        future, count = self._unconfirmed.popleft()
        while not (await asyncio.wait([future], timeout=SAY_EVERY))[0]:
            log.warning("Kafka at %s does not confirm; waiting for it", self._settings.kafka)
        await future
        self.summary.sent += count


def _check(paths: Sequence[Path], options: Options) -> None:
    for path in paths:
        if path == STDIN:
            if options.span is not None:
                raise UserError("--span reads its input twice, which standard input does not allow: name a file")
        elif not path.exists():
            raise UserError(f"{path}: no such file", code=66)
        elif path.is_dir():
            raise UserError(f"{path}: is a folder, name its files", code=66)
        elif options.span is not None and not path.is_file():
            raise UserError(f"{path}: --span reads its input twice, which a pipe does not allow: name a file")


async def _one_by_one(sources: Sequence[AsyncIterator[list[Arrival]]]) -> AsyncIterator[list[Arrival]]:
    for source in sources:
        async for arrivals in source:
            yield arrivals


def _too_large(arrival: Arrival) -> DeadLetter:
    size = max(arrival.line.size, len(arrival.record.value))
    return DeadLetter(
        topic=arrival.source[:200],
        partition=0,
        offset=arrival.line.number,
        reason=Reason.SCHEMA,
        detail=f"a record of {size} bytes, Kafka takes {MAX_RECORD_BYTES}",
        raw=arrival.line.data[:MAX_RAW_BYTES],
        truncated=True,
    )
