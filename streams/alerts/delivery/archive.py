"""Reading the topic `deliveries`: all of it from its start, what came since, and single messages again.

Of `deliveries` only what was committed is read. Knows Kafka; what the records say is the book's.
"""

import asyncio
from collections.abc import Callable, Sequence

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from schemas.delivery import Message
from streams.alerts.delivery.book import Book
from streams.connections import reader
from streams.settings import Settings
from streams.topics import DELIVERIES

_message = msgspec.json.Decoder(Message).decode
#: Milliseconds for which a read waits where there is nothing.
_PATIENCE = 200
#: Seconds in which a message that stands in the topic has to come.
_FETCH_LIMIT = 15.0


class Archive:
    """Two readers of the topic: one that goes on, one that goes back to single messages."""

    def __init__(self, settings: Settings) -> None:
        self.book = Book()
        self._partition = TopicPartition(settings.topic(DELIVERIES), 0)
        self._reader: AIOKafkaConsumer = reader(settings, isolation_level="read_committed", fetch_max_wait_ms=100)
        self._fetcher: AIOKafkaConsumer = reader(
            settings, isolation_level="read_committed", fetch_max_wait_ms=100, max_poll_records=1
        )
        self._fetching = asyncio.Lock()
        self._reading = asyncio.Lock()

    async def start(self) -> None:
        """Connect. Raises KafkaError."""
        for consumer in (self._reader, self._fetcher):
            await consumer.start()
            consumer.assign([self._partition])
        await self._reader.seek_to_beginning(self._partition)

    async def stop(self) -> None:
        """Disconnect."""
        await self._reader.stop()
        await self._fetcher.stop()

    async def catch_up(self) -> None:
        """Read into the book up to the end as it is now."""
        async with self._reading:
            end = (await self._reader.end_offsets([self._partition]))[self._partition]
            while await self._reader.position(self._partition) < end:
                self._take(await self.more())

    async def answers(self, seconds: float) -> None:
        """Return when Kafka says where the topic ends. Raises KafkaError, or TimeoutError after so many seconds."""
        async with asyncio.timeout(seconds):
            await self._reader.end_offsets([self._partition])

    async def read_until(self, seen: Callable[[ConsumerRecord], bool]) -> None:
        """Read into the book up to the record that is `seen`."""
        while True:
            records = await self.more()
            self._take(records)
            if any(seen(each) for each in records):
                return

    async def more(self) -> Sequence[ConsumerRecord]:
        """The next records, or none after a moment."""
        found: list[ConsumerRecord] = (await self._reader.getmany(timeout_ms=_PATIENCE)).get(self._partition, [])
        return found

    async def message(self, offset: int) -> Message:
        """The message that stands there. Raises TimeoutError where none comes."""
        async with self._fetching, asyncio.timeout(_FETCH_LIMIT):
            self._fetcher.seek(self._partition, offset)
            while True:
                for each in (await self._fetcher.getmany(timeout_ms=_PATIENCE)).get(self._partition, []):
                    if each.offset == offset and each.value is not None:
                        return _message(each.value)
                    if each.offset > offset:
                        raise LookupError(f"offset {offset} of deliveries is gone")

    def _take(self, records: Sequence[ConsumerRecord]) -> None:
        for each in records:
            self.book.take((each.key or b"").decode(errors="replace"), each.value, each.offset)
