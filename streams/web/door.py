"""The web server's way into Kafka: connected when the first record comes, and anew after Kafka failed it.

So `serve` starts, and shows metrics and trends, while Kafka is away.
"""

import asyncio
import logging
from collections.abc import Sequence

from aiokafka.errors import KafkaError

from streams import topics
from streams.connections import admin, kafka_refusal
from streams.ingest.producing import Measures, Outgoing, Sender, reason
from streams.settings import Settings

log = logging.getLogger(__name__)

#: Seconds for which a request waits for Kafka's confirmation.
CONFIRM_LIMIT = 20.0


class NotConfirmed(Exception):
    """Kafka did not take the records, or not in time; the message says why, in one line."""


class Door:
    """Sends records and says when they are confirmed."""

    def __init__(self, settings: Settings) -> None:
        self.measures = Measures()
        self._settings = settings
        self._connecting = asyncio.Lock()
        self._sender: Sender | None = None

    async def send(self, records: Sequence[Outgoing]) -> None:
        """Return when Kafka has confirmed all. Raises `NotConfirmed`; some may have arrived then, or may yet."""
        where = f"Kafka at {self._settings.kafka} (TOCSIN_KAFKA)"
        try:
            async with asyncio.timeout(CONFIRM_LIMIT):
                sender = await self._connected()
                await (await sender.send(records))
        except TimeoutError:
            raise NotConfirmed(f"{where} did not confirm within {CONFIRM_LIMIT:g} s") from None
        except (KafkaError, OSError) as error:
            await self.close()  # a producer that failed may never work again
            refusal = kafka_refusal(error)
            raise NotConfirmed(f"{where} {refusal}" if refusal else f"{where}: {reason(error)}") from None

    async def close(self) -> None:
        """Disconnect, if connected."""
        sender, self._sender = self._sender, None
        if sender is not None:
            await sender.stop()

    async def _connected(self) -> Sender:
        async with self._connecting:
            if self._sender is None:
                async with admin(self._settings) as client:
                    missing = await topics.missing(client, self._settings)
                if missing:
                    raise NotConfirmed(
                        f"Kafka at {self._settings.kafka} has no topic {', '.join(missing)}: run `tocsin topics create`"
                    )
                sender = Sender(self._settings, self.measures)
                await sender.start()
                self._sender = sender
            return self._sender
