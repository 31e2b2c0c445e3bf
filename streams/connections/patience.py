"""Waiting out a Redis or a Kafka that is away: again and again, with backoff, for as long as it takes.

Nothing is skipped and nothing acknowledged meanwhile; all that is retried here is harmless to do twice.
"""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

import stamina
from aiokafka.errors import KafkaError

from streams.connections.redis import REDIS_AWAY
from streams.connections.refusals import how_away

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

#: Seconds between two lines in the log about the same absence.
_SAY_EVERY = 10.0


async def until_redis(what: str, call: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """The call's result, once Redis gives one."""
    return await _until(what, lambda: call(*args, **kwargs), REDIS_AWAY, "Redis")


async def until_kafka(what: str, call: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """The call's result, once Kafka gives one."""
    return await _until(what, lambda: call(*args, **kwargs), (KafkaError, OSError), "Kafka")


async def _until(what: str, call: Callable[[], Awaitable[T]], errors: tuple[type[Exception], ...], whom: str) -> T:
    said = 0.0
    async for attempt in stamina.retry_context(on=errors, attempts=None, timeout=None, wait_initial=0.1, wait_max=5):
        with attempt:
            try:
                return await call()
            except errors as error:
                if time.monotonic() - said > _SAY_EVERY:
                    said = time.monotonic()
                    log.warning("%s: %s does not do it, trying again: %s", what, whom, how_away(error))
                raise
    raise AssertionError("unreachable: the retries have no end")
