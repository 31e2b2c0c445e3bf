"""One connector at work: connect, hand over to Kafka, move the cursor once Kafka has confirmed, report, connect again.

Whatever dies when: every record is in Kafka at least once, for the cursor in the topic `cursors` never runs ahead of
what Kafka confirmed. Knows neither the platform nor how the process is started and stopped.
"""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiokafka.errors import KafkaError

from schemas import Connector, DeadLetter
from schemas.codec import encode
from schemas.dead_letter import MAX_RAW_BYTES
from streams.connections import MAX_RECORD_BYTES
from streams.errors import UserError
from streams.ingest.frame import reports
from streams.ingest.frame.backoff import Backoff
from streams.ingest.frame.metrics import TOO_LARGE, Metrics, kind_of
from streams.ingest.frame.sight import Sight
from streams.ingest.frame.source import Batch, Item, Lost, Opened, Refusal, Source
from streams.ingest.producing import Outgoing, Sender, reason
from streams.ingest.records import is_too_large
from streams.ingest.times import EARLIEST, MAX_AHEAD
from streams.settings import Settings
from streams.tasks import end
from streams.topics import ARTICLES, DEAD_LETTERS, POSTS

log = logging.getLogger(__name__)

#: Seconds between two reports; a connector silent for 60 counts as blind.
HEARTBEAT = 10.0
#: Batches, and bytes of them, that may be unconfirmed before the platform has to wait.
IN_FLIGHT, IN_FLIGHT_BYTES = 64, 16 * 1024 * 1024
#: Records nearer to the platform's present than this many seconds are its present.
PRESENT = 30.0
#: Dead letters a minute. When a platform changes its format every payload becomes one; the rest are only counted.
LETTERS_A_MINUTE = 100
#: Seconds without a sign of a platform that is connected after which the process is taken for stuck.
STALLED = 600.0
#: Seconds for what is unconfirmed, and for the last report, when the process is asked to stop.
FLUSH_LIMIT, LAST_WORD_LIMIT = 5.0, 2.0

Sleep = Callable[[float], Awaitable[Any]]


class Runner:
    """Runs one source under a name of its own."""

    def __init__(
        self,
        settings: Settings,
        sender: Sender,
        source: Source,
        name: str,
        cache: reports.Cache,
        metrics: Metrics,
        *,
        sleep: Sleep = asyncio.sleep,
        heartbeat: float = HEARTBEAT,
    ) -> None:
        """`sleep` waits between connections; a test has it wait less than it is told."""
        self.metrics = metrics
        self.connected = False
        self.trouble = ""
        """Why the platform was last lost; empty while it is heard."""
        self._settings, self._sender, self._source, self._name = settings, sender, source, name
        self._cache, self._sleep, self._heartbeat = cache, sleep, heartbeat
        self._backoff = Backoff(source.schedule)
        self._sight = Sight(None, time.time())
        self._cursor: str | None = None
        self._confirmed: str | None = None
        self._unconfirmed: deque[_Handed] = deque()
        self._letters: deque[float] = deque(maxlen=LETTERS_A_MINUTE)
        self._last_letter = 0
        self._reporting = asyncio.Lock()
        self._heard = time.monotonic()

    async def run(self, stop: asyncio.Event) -> None:
        """Return after `stop`, with everything flushed and the last report written.

        Raises `UserError` where the platform refuses us for good or Kafka does.
        """
        before = await reports.newest(self._settings, self._name)
        if before is not None and before.platform != self._source.platform:
            raise UserError(
                f"the connector {self._name!r} is one of {before.platform}, not of {self._source.platform}: choose "
                f"another --name, or run `tocsin ingest forget {self._name}`"
            )
        self._sight = Sight(before, time.time())
        self._cursor = self._confirmed = before.cursor if before else None
        stopping = asyncio.create_task(stop.wait())
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._beat())]
        try:
            done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end([stopping, *tasks])
        await self._finish()
        for task in done - {stopping}:
            try:
                task.result()
            except KafkaError as error:
                raise UserError(
                    f"Kafka at {self._settings.kafka} (TOCSIN_KAFKA) refused records: {reason(error)}", code=69
                ) from None

    def health(self) -> dict[str, Any]:
        """What /healthz tells: `ok` unless the platform should be heard and nothing came for `STALLED` seconds."""
        silent = time.monotonic() - self._heard
        waiting_for_kafka = bool(self._unconfirmed)
        ok = not self.connected or waiting_for_kafka or silent < STALLED
        return {"ok": ok, "connected": self.connected, "silent": round(silent), "trouble": self.trouble}

    async def _listen(self) -> None:
        while True:
            try:
                async with aclosing(self._source.stream(self._cursor)) as heard:
                    async for each in heard:
                        await self._take(each)
                lost = Lost("network", "the platform closed the connection")
            except Lost as error:
                lost = error
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                lost = Lost("network", str(error) or type(error).__name__)
            self.connected, self.trouble = False, str(lost)
            self.metrics.connected.set(0)
            self.metrics.reconnects.inc()
            self._sight.lose(time.time())
            wait = self._backoff.after(lost.cause, lost.wait)
            log.warning("%s: %s; connecting again in %g s", self._name, lost, wait)
            await self._sleep(wait)

    async def _take(self, heard: Opened | Batch) -> None:
        self._heard = time.monotonic()
        if isinstance(heard, Opened):
            self.connected, self.trouble = True, ""
            self.metrics.connected.set(1)
            self._sight.open(heard.since, time.time())
            log.info("%s: connected to %s", self._name, self._source.platform)
            return
        self._backoff.reset()
        self.metrics.lag.set(heard.behind)
        await self._hand_over(heard)
        if heard.behind < PRESENT:
            self._sight.see()

    async def _hand_over(self, batch: Batch) -> None:
        now = int(time.time() * 1_000)
        kinds: Counter[str] = Counter()
        outgoing = [*self._records(batch, kinds, now), *self._dead_letters(batch, now)]
        if batch.cursor is not None:
            self._cursor = batch.cursor
        self._settle()
        while len(self._unconfirmed) >= IN_FLIGHT or sum(each.size for each in self._unconfirmed) > IN_FLIGHT_BYTES:
            await asyncio.wait([self._unconfirmed[0].done])
            self._settle()
        if outgoing:
            done = await self._sender.send(outgoing)
        else:
            done = asyncio.get_running_loop().create_future()
            done.set_result([])
        size = sum(len(each.value) for each in outgoing)
        self._unconfirmed.append(_Handed(done, batch.cursor, kinds, size))
        while batch.settle and self._unconfirmed:
            await asyncio.wait([self._unconfirmed[0].done])
            self._settle()

    def _records(self, batch: Batch, kinds: "Counter[str]", now: int) -> list[Outgoing]:
        outgoing = []
        for item in batch.items:
            made = self._outgoing(item, now)
            if is_too_large(made.key, made.value):
                self.metrics.refused[TOO_LARGE].inc()
                log.warning("%s: a record of %d bytes, Kafka takes %d", self._name, len(made.value), MAX_RECORD_BYTES)
                continue
            kinds[kind_of(item.record)] += 1
            outgoing.append(made)
        return outgoing

    def _outgoing(self, item: Item, now: int) -> Outgoing:
        record = item.record
        topic = self._settings.topic(ARTICLES if hasattr(record, "url") and not hasattr(record, "platform") else POSTS)
        time_ = now if item.time is None or item.time < EARLIEST else min(item.time, now + MAX_AHEAD)
        return Outgoing(topic, record.key.encode(), encode(record), time_)

    def _dead_letters(self, batch: Batch, now: int) -> list[Outgoing]:
        return [made for each in batch.refused if (made := self._dead_letter(each, now)) is not None]

    def _dead_letter(self, refusal: Refusal, now: int) -> Outgoing | None:
        self.metrics.refused[refusal.reason.value].inc()
        if len(self._letters) == LETTERS_A_MINUTE and now / 1_000 - self._letters[0] < 60:
            return None
        self._letters.append(now / 1_000)
        log.warning("%s: refused a payload, %s: %s", self._name, refusal.reason, refusal.detail)
        # No offset names it; the microsecond at which it came does.
        self._last_letter = max(self._last_letter + 1, time.time_ns() // 1_000)
        letter = DeadLetter(
            topic=self._name,
            partition=0,
            offset=self._last_letter,
            reason=refusal.reason,
            detail=refusal.detail[:1_000],
            raw=refusal.raw[:MAX_RAW_BYTES],
            truncated=len(refusal.raw) > MAX_RAW_BYTES,
        )
        return Outgoing(self._settings.topic(DEAD_LETTERS), letter.key.encode(), encode(letter), now)

    def _settle(self) -> None:
        """Move the cursor over what Kafka has confirmed. Raises KafkaError."""
        while self._unconfirmed and self._unconfirmed[0].done.done():
            handed = self._unconfirmed.popleft()
            handed.done.result()
            for kind, count in handed.kinds.items():
                self.metrics.records[kind].inc(count)
            if handed.cursor is not None:
                self._confirmed = handed.cursor

    async def _beat(self) -> None:
        while True:
            await self.report()
            await asyncio.sleep(self._heartbeat)

    async def report(self) -> None:
        """Write to the topic how far Kafka has confirmed, and tell the cache. Raises KafkaError."""
        async with self._reporting:
            self._settle()
            now = time.time()
            blind_since = self._sight.blind_since
            report = Connector(
                connector=self._name,
                platform=self._source.platform,
                at=datetime.fromtimestamp(now, UTC),
                cursor=self._confirmed,
                blind_since=None if blind_since is None else datetime.fromtimestamp(blind_since, UTC),
                blind=self._sight.spells(now),
            )
            await reports.write(self._settings, self._sender, report)
            await self._cache.report(report)

    async def _finish(self) -> None:
        self._sight.lose(time.time())
        if self._unconfirmed:
            await asyncio.wait([each.done for each in self._unconfirmed], timeout=FLUSH_LIMIT)
        # Kafka is away, or refuses: what is not reported is read again.
        with suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(LAST_WORD_LIMIT):
                await self.report()


class _Handed:
    """A batch on its way into Kafka."""

    __slots__ = ("cursor", "done", "kinds", "size")

    def __init__(self, done: "asyncio.Future[list[Any]]", cursor: str | None, kinds: "Counter[str]", size: int) -> None:
        self.done, self.cursor, self.kinds, self.size = done, cursor, kinds, size
