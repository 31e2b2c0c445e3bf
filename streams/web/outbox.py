"""The web server's view of what endpoints were sent, from the topic `deliveries`.

Connected to Kafka when the first request comes, and anew after Kafka failed, so that `serve` starts without it.
"""

import asyncio
import contextlib

from aiokafka.errors import KafkaError

from streams.alerts.delivery import Archive
from streams.settings import Settings
from streams.topics import ALERTS, DELIVERIES, require


class Outbox:
    """The messages of all endpoints, as Kafka holds them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._archive: Archive | None = None
        self._opening = asyncio.Lock()

    async def archive(self) -> Archive:
        """The archive, read to its end. Raises KafkaError, TimeoutError, and `UserError` where a topic is missing."""
        async with self._opening:
            if self._archive is None:
                await require(self._settings, ALERTS, DELIVERIES)
                archive = Archive(self._settings)
                try:
                    await archive.start()
                    await archive.catch_up()
                except BaseException:
                    await archive.stop()
                    raise
                self._archive = archive
            else:
                await self._archive.catch_up()
            return self._archive

    async def close(self) -> None:
        """Disconnect, if connected."""
        archive, self._archive = self._archive, None
        if archive is not None:
            with contextlib.suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(2):
                    await archive.stop()
