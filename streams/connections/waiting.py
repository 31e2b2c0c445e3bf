"""The wait for Kafka and Redis at start: patient with an absence, said in one line; a refusal ends it at once."""

import logging
import time
from collections.abc import Awaitable, Callable

import stamina
from aiokafka.errors import KafkaConnectionError, KafkaError

from streams.connections.kafka import COMMAND_LIMIT, admin
from streams.connections.redis import REDIS_AWAY, RedisLink, redis_address
from streams.connections.refusals import how_away, kafka_refusal, redis_refusal
from streams.errors import UserError
from streams.settings import Settings

log = logging.getLogger(__name__)

#: Seconds between two lines in the log about the same absence.
SAY_EVERY = 10.0


async def wait_for_kafka(settings: Settings, limit: float = COMMAND_LIMIT) -> None:
    """Return when Kafka answers. Raises `UserError` naming address and setting: after `limit` s, refused at once."""

    async def ask() -> None:
        async with admin(settings):
            pass

    what = f"Kafka at {settings.kafka} (TOCSIN_KAFKA)"
    to_do = (
        f"start it, or set the address (and TOCSIN_KAFKA_SECURITY, {settings.kafka_security}, as its listener has it)"
    )
    await _wait(ask, (KafkaError, OSError), limit, what, kafka_refusal, to_do)


async def wait_for_redis(settings: Settings, limit: float = COMMAND_LIMIT) -> None:
    """Return when Redis answers. Raises `UserError` naming address and setting: after `limit` s, refused at once."""

    async def ask() -> None:
        link = RedisLink(settings)
        try:
            await link.client.ping()
        finally:
            await link.close()

    what = f"Redis at {redis_address(settings)} (TOCSIN_REDIS)"
    to_do = "start it, or set the address (rediss:// where it speaks TLS, and only there)"
    await _wait(ask, REDIS_AWAY, limit, what, redis_refusal, to_do)


async def _wait(
    ask: Callable[[], Awaitable[None]],
    errors: tuple[type[Exception], ...],
    limit: float,
    what: str,
    refusal: Callable[[BaseException], str | None],
    to_do: str,
) -> None:
    said = 0.0
    try:
        async for attempt in stamina.retry_context(
            on=lambda error: isinstance(error, errors) and refusal(error) is None,
            attempts=None, timeout=limit, wait_initial=0.2, wait_max=5,
        ):  # fmt: skip
            with attempt:
                if attempt.num > 1 and time.monotonic() - said > SAY_EVERY:
                    said = time.monotonic()
                    log.warning("%s does not answer; trying for up to %g s", what, limit)
                await ask()
    except errors as error:
        refused = refusal(error)
        if refused is not None:
            raise UserError(f"{what} {refused}", code=69) from None
        told = "" if isinstance(error, KafkaConnectionError) else f" ({how_away(error)})"
        raise UserError(f"{what} did not answer within {limit:g} s{told}: {to_do}", code=69) from None
