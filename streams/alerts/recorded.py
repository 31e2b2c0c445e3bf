"""The topic `alerts`: every transition as it was recorded. The truth of which alert rings; Redis is its cache.

Knows Kafka. What one transition means for a state is the evaluator's to say.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas import Alert
from schemas.codec import Unusable, decode_alert
from streams.alerts.state import Name
from streams.connections import Extent, batches, held, reader
from streams.settings import Settings
from streams.topics import ALERTS, require


class Recorded:
    """Reads along: the last transition of each alert, without its samples."""

    def __init__(self, settings: Settings, consumer: AIOKafkaConsumer) -> None:
        self.last: dict[Name, Alert] = {}
        self._offsets: dict[Name, int] = {}
        self._consumer = consumer
        self._partition = TopicPartition(settings.topic(ALERTS), 0)

    async def catch_up(self) -> None:
        """Read to the topic's present end; forget what is gone from it and does not ring. Raises KafkaError."""
        begin = (await self._consumer.beginning_offsets([self._partition]))[self._partition]
        for name in [name for name, offset in self._offsets.items() if offset < begin and not self._rings(name)]:
            del self.last[name], self._offsets[name]
        end = (await self._consumer.end_offsets([self._partition]))[self._partition]
        while await self._consumer.position(self._partition) < end:
            for record in (await self._consumer.getmany(timeout_ms=200)).get(self._partition, []):
                alert = _decoded(record.value)
                if alert is not None:
                    self._take(alert, record.offset)

    def _rings(self, name: Name) -> bool:
        return self.last[name].state == "firing"

    def _take(self, alert: Alert, offset: int) -> None:
        name = (alert.event, alert.alert)
        known = self.last.get(name)
        if known is None or known.transition < alert.transition:
            self.last[name], self._offsets[name] = bare(alert), offset


@asynccontextmanager
async def recorded(settings: Settings) -> AsyncIterator[Recorded]:
    """A `Recorded` at the start of the topic, closed at the end."""
    await require(settings, ALERTS)
    async with reader(settings) as consumer:
        partition = TopicPartition(settings.topic(ALERTS), 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        yield Recorded(settings, consumer)


async def recent_alerts(settings: Settings, limit: int | None = None) -> list[Alert]:
    """The newest alerts of the topic `alerts`, oldest first; without a limit all that the log keeps."""
    partition = TopicPartition(settings.topic(ALERTS), 0)
    alerts: list[Alert] = []
    async with reader(settings, fetch_max_wait_ms=100) as consumer:
        extent = await held(consumer, [partition])
        if limit is not None:
            newest = {tp: max(start, extent.ends[tp] - limit) for tp, start in extent.starts.items()}
            extent = Extent(newest, extent.ends)
        async for _, records in batches(consumer, extent):
            alerts += [alert for each in records if (alert := _decoded(each.value)) is not None]
    return alerts


def bare(alert: Alert) -> Alert:
    """The record without what makes it large."""
    return msgspec.structs.replace(alert, samples=(), offsets=())


def _decoded(value: bytes | None) -> Alert | None:
    try:
        return None if value is None else decode_alert(value)
    except Unusable:
        return None  # nobody's transition: whoever delivers says so
