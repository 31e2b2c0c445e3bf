"""From the topic `alerts` to each endpoint's line: an alert becomes, or joins, one message an endpoint that wants it.

Messages and the place reached in `alerts` are written together, so no alert is handed out twice or left out.
"""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from schemas import Alert
from schemas.codec import Unusable, decode_alert
from schemas.delivery import Message, Position
from streams.alerts.delivery.book import HANDED_OUT, message_key
from streams.alerts.delivery.courier import Courier
from streams.alerts.delivery.endpoints import Endpoint
from streams.alerts.delivery.grouping import messages
from streams.alerts.delivery.journal import Journal
from streams.alerts.delivery.schedule import Pace
from streams.connections import reader
from streams.settings import Settings
from streams.topics import ALERTS

log = logging.getLogger(__name__)

#: Seconds for which more alerts are waited for once there is one: a round's alerts are to be seen together.
_GATHER = 1.0
#: Seconds into the past that are handed out by the first worker that ever delivers.
_FIRST_LOOK = 600


class Handout:
    """Hands alerts out, for the one writer. `couriers` are those of all endpoints, by name."""

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        endpoints: Mapping[str, Endpoint],
        couriers: Mapping[str, Courier],
        assigning: asyncio.Lock,
        pace: Pace,
    ) -> None:
        self.endpoints = endpoints
        self._settings = settings
        self._journal = journal
        self._couriers = couriers
        self._assigning = assigning
        self._pace = pace
        self._partition = TopicPartition(settings.topic(ALERTS), 0)

    async def run(self) -> None:
        """For ever. Raises KafkaError."""
        consumer: AIOKafkaConsumer = reader(self._settings, fetch_max_wait_ms=100)
        try:
            await consumer.start()
            consumer.assign([self._partition])
            consumer.seek(self._partition, await self._start(consumer))
            while True:
                records = await self._gather(consumer)
                await self._hand_out(records, await consumer.position(self._partition))
        finally:
            await consumer.stop()

    async def _start(self, consumer: AIOKafkaConsumer) -> int:
        offset = self._journal.archive.book.handed_out
        if offset is None:
            begin = int((time.time() - _FIRST_LOOK) * 1_000)
            found = (await consumer.offsets_for_times({self._partition: begin}))[self._partition]
            offset = found.offset if found else (await consumer.end_offsets([self._partition]))[self._partition]
            await self._journal.write((HANDED_OUT, Position(offset)))
        first = (await consumer.beginning_offsets([self._partition]))[self._partition]
        if offset < first:
            log.error("%d records of alerts were lost to retention before they were handed out", first - offset)
        return max(offset, int(first))

    async def _gather(self, consumer: AIOKafkaConsumer) -> list[ConsumerRecord]:
        """The next records, at least one."""
        records: list[ConsumerRecord] = []
        until = float("inf")
        while time.monotonic() < until:
            records += (await consumer.getmany(timeout_ms=100)).get(self._partition, [])
            if records and until == float("inf"):
                until = time.monotonic() + _GATHER * self._pace.second
        return records

    async def _hand_out(self, records: Sequence[ConsumerRecord], reached: int) -> None:
        alerts = [alert for each in records if (alert := _alert(each)) is not None]
        async with self._assigning:
            made = [each for name, endpoint in self.endpoints.items() for each in self._made(name, endpoint, alerts)]
            writes = [(message_key(message.endpoint, message.sequence), message) for _, message in made]
            offsets = await self._journal.write(*writes, (HANDED_OUT, Position(reached)))
            for (courier, message), offset in zip(made, offsets[:-1], strict=True):
                courier.line.note(message, offset)
                courier.open_group = message if message.type == "alerts.grouped" else None
        for courier in {courier for courier, _ in made}:
            courier.new_messages()

    def _made(self, name: str, endpoint: Endpoint, alerts: Sequence[Alert]) -> list[tuple[Courier, Message]]:
        courier = self._couriers[name]
        wanted = [each for each in alerts if endpoint.wants(each.event, each.notify, each.backfill)]
        now = datetime.now(UTC)
        new = messages(name, courier.line, courier.open_group, wanted, now, self._pace.second)
        return [(courier, each) for each in new]


def _alert(record: ConsumerRecord) -> Alert | None:
    try:
        return decode_alert(record.value or b"")
    except Unusable as error:
        log.error("Offset %d of %s is passed over, it is no alert: %s", record.offset, record.topic, error)
        return None
