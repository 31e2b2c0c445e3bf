"""GET /pulse: whether the counts keep up with the log, so that nobody takes old numbers for quiet ones.

Asked while somebody looks at the page, and then Kafka is asked every few seconds, however many look.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams.connections import COMMAND_LIMIT, admin, committed, kafka_refusal, log_partitions, reader
from streams.errors import UserError
from streams.ingest.times import to_text
from streams.settings import Settings
from streams.web.errors import reply
from streams.web.state import STATE

#: Seconds for which an answer is good.
KEEP = 8.0
#: Answers that are remembered: how far back can be told until when everything is counted.
REMEMBERED = 100

Ends = Mapping[TopicPartition, int]


class Pulse:
    """How far the workers have come in the log, and how far the log has."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Ends]] = deque(maxlen=REMEMBERED)

    async def take(self, settings: Settings) -> Mapping[str, Any]:
        """What is so now. `counted_until`: the latest known instant of which everything is counted, if any."""
        try:
            async with asyncio.timeout(COMMAND_LIMIT):
                now = time.time()
                starts, ends, done = await _read(settings)
        except (KafkaError, OSError, TimeoutError, UserError) as error:
            why = str(error) if isinstance(error, UserError) else kafka_refusal(error) or "does not answer"
            return {"kafka": f"Kafka at {settings.kafka} (TOCSIN_KAFKA): {why}", "behind": None, "counted_until": None}
        self._seen.append((now, ends))
        counted = {tp: max(done.get(tp, 0), start) for tp, start in starts.items()}
        behind = sum(max(0, ends[tp] - counted[tp]) for tp in ends)
        until = next(
            (at for at, then in reversed(self._seen) if all(counted.get(tp, 0) >= then[tp] for tp in then)), None
        )
        return {"kafka": None, "behind": behind, "counted_until": until and to_text(int(until * 1_000))}


async def _read(settings: Settings) -> tuple[Ends, Ends, Ends]:
    """For each partition where the log begins, where it ends, and what the workers have committed."""
    async with admin(settings) as client:
        partitions = await log_partitions(client, settings)
        found = await committed(client, settings, partitions)
    async with reader(settings) as consumer:
        starts, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    return starts, ends, {tp: each.offset for tp, each in found.items()}


def endpoint() -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler, with what it remembers."""
    pulse, asking = Pulse(), asyncio.Lock()
    kept: Mapping[str, Any] = {}
    good_until = float("-inf")

    async def answer(request: web.Request) -> web.Response:
        nonlocal kept, good_until
        async with asking:
            if time.monotonic() > good_until:
                kept = await pulse.take(request.app[STATE].settings)
                good_until = time.monotonic() + KEEP
        return reply(kept)

    return answer
