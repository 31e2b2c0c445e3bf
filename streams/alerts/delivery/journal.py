"""Writing the topic `deliveries`: one writer at a time, and what it writes together stands together or not at all.

The writer is Kafka's transactional producer under one name: whoever opens it anew shuts the one before it out, also one
that was paused and doesn't know yet. So whoever could write something last had read all that was written before.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from schemas.base import Record
from schemas.codec import encode
from schemas.delivery import Holder
from streams.alerts.delivery.archive import Archive
from streams.alerts.delivery.book import HOLDER
from streams.connections import producer
from streams.settings import Settings
from streams.topics import DELIVERIES

log = logging.getLogger(__name__)

#: Milliseconds after which Kafka drops what a writer that vanished had begun; readers wait behind it for so long.
_TRANSACTION_MS = 10_000
#: Seconds for the producer to close: while Kafka is away it would wait for ever.
_CLOSE_SECONDS = 2.0

Write = tuple[str, Record | None]
"""Key and record; None takes away what stands under the key."""


class Journal:
    """The one writer, and the book as it stood when it began. Use as `async with`."""

    def __init__(self, settings: Settings, token: str) -> None:
        self.archive = Archive(settings)
        self._token = token
        self._topic = settings.topic(DELIVERIES)
        self._name = f"{self._topic}-{settings.prefix}"
        self._producer: AIOKafkaProducer = producer(
            settings, transactional_id=self._name, transaction_timeout_ms=_TRANSACTION_MS, linger_ms=0
        )
        self._waiting: list[tuple[Sequence[Write], asyncio.Future[list[int]]]] = []
        self._wake = asyncio.Event()

    async def __aenter__(self) -> "Journal":
        """Shut out the writer before us, then read all that was written. Raises KafkaError."""
        try:
            await self._producer.start()  # from here on the one before us can't write
            await self._commit([((HOLDER, Holder(self._token, datetime.now(UTC))),)])
            await self.archive.start()
            await self.archive.read_until(self._is_ours)
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def write(self, *writes: Write) -> list[int]:
        """Their offsets, once all of them stand. Writes are made in the order of the calls. Raises what `run` does."""
        done: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._waiting.append((writes, done))
        self._wake.set()
        return await done

    async def run(self) -> None:
        """Write what is given to `write`, for ever: all that waits in one transaction. Raises KafkaError.

        After an error nothing more can be written, and what was on its way may stand or not: read it anew.
        """
        batch: list[tuple[Sequence[Write], asyncio.Future[list[int]]]] = []
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                batch, self._waiting = self._waiting, []
                for (_, done), offsets in zip(batch, await self._commit([each for each, _ in batch]), strict=True):
                    if not done.done():
                        done.set_result(offsets)
        finally:
            for _, done in (*batch, *self._waiting):
                done.cancel()

    async def _commit(self, batch: Sequence[Sequence[Write]]) -> list[list[int]]:
        async with self._producer.transaction():
            sent = [
                [
                    await self._producer.send(
                        self._topic, None if record is None else encode(record), key=key.encode(), partition=0
                    )
                    for key, record in writes
                ]
                for writes in batch
            ]
            return [[(await each).offset for each in writes] for writes in sent]

    def _is_ours(self, record: ConsumerRecord) -> bool:
        return record.key == HOLDER.encode() and self._token.encode() in (record.value or b"")

    async def _close(self) -> None:
        for stop in (self._producer.stop, self.archive.stop):
            try:
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await stop()
            except (TimeoutError, KafkaError) as error:
                log.debug("A client of deliveries was not closed in good order: %r", error)
                if stop == self._producer.stop:
                    await self._producer.client.close()
