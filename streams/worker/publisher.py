"""What a worker writes to Kafka: matches and dead letters, confirmed before the run they come from is done."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer

from schemas import DeadLetter, Match
from schemas.codec import encode
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, MATCHES


class Publisher:
    """Sends through an idempotent producer that its owner starts and stops."""

    def __init__(self, producer: AIOKafkaProducer, settings: Settings) -> None:
        self._producer = producer
        self._matches = settings.topic(MATCHES)
        self._dead_letters = settings.topic(DEAD_LETTERS)

    async def publish(self, matches: Sequence[Match], dead_letters: Sequence[DeadLetter]) -> None:
        """Return when Kafka has confirmed every record. Raises KafkaError; sending all of it again is harmless."""
        sent = [await self._producer.send(self._matches, encode(match), key=match.id.encode()) for match in matches]
        sent += [
            await self._producer.send(self._dead_letters, encode(letter), key=letter.key.encode())
            for letter in dead_letters
        ]
        if sent:
            await asyncio.gather(*sent)
