"""What a worker writes to Kafka: matches and dead letters, confirmed before the run they come from is done.

A match's key is its record's, so with as many partitions the matches of a run all go into one: few batches, not many.
"""

import time
from collections.abc import Sequence

from schemas import DeadLetter, Match
from schemas.codec import encode
from streams.ingest.producing import Outgoing, Sender
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, MATCHES


class Publisher:
    """Sends through a sender that its owner starts and stops."""

    def __init__(self, sender: Sender, settings: Settings) -> None:
        self._sender = sender
        self._matches = settings.topic(MATCHES)
        self._dead_letters = settings.topic(DEAD_LETTERS)

    async def publish(self, matches: Sequence[Match], dead_letters: Sequence[DeadLetter]) -> None:
        """Return when Kafka has confirmed every record. Raises KafkaError; sending all of it again is harmless."""
        now = int(time.time() * 1_000)
        records = [Outgoing(self._matches, match.id.encode(), encode(match), now) for match in matches]
        records += [Outgoing(self._dead_letters, each.key.encode(), encode(each), now) for each in dead_letters]
        if records:
            await (await self._sender.send(records))
