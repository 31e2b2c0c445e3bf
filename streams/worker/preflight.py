"""What has to be there before a worker starts: Kafka, the topics, Redis, and counts in a layout that we know."""

import socket
from typing import Any

from redis.exceptions import ResponseError

from streams import topics
from streams.connections import REDIS_AWAY, RedisLink, redis_address, wait_for_kafka, wait_for_redis
from streams.errors import UserError
from streams.settings import Settings
from streams.trends import LAYOUT, layout_key, layout_mark


async def preflight(settings: Settings) -> None:
    """Return when all is there. Raises `UserError` with what is missing and what to do."""
    _check_port(settings)
    await wait_for_kafka(settings, settings.start_limit)
    await wait_for_redis(settings, settings.start_limit)
    await topics.require(settings, *topics.ALL)
    link = RedisLink(settings)
    try:
        await check_layout(link, settings)
    except (*REDIS_AWAY, ResponseError) as error:
        where = f"Redis at {redis_address(settings)} (TOCSIN_REDIS)"
        raise UserError(f"{where} takes no writes: {error}", code=69) from None
    finally:
        await link.close()


async def check_layout(link: RedisLink, settings: Settings) -> None:
    """Mark which layout these counts are in, or raise `UserError` where Redis holds another one's."""
    key, ours = layout_key(settings), layout_mark(settings)
    found: Any = await link.client.get(key)
    if found is None:
        await link.client.set(key, ours, nx=True)
        return
    theirs = found.decode(errors="replace")
    if theirs != ours:
        layout, _, keep = theirs.partition(" ")
        raise UserError(
            f"Redis holds counts in layout {layout}, kept {keep} s; this worker writes layout {LAYOUT} and keeps "
            f"{settings.keep} s (TOCSIN_LATENESS + TOCSIN_RETENTION): give it another TOCSIN_PREFIX and let it count "
            "from the log beside the old one",
            code=78,
        )


def _check_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.worker_port))
        except OSError as error:
            raise UserError(
                f"port {settings.worker_port} on {settings.host} is not to be had ({error.strerror}): "
                "give this worker another with TOCSIN_WORKER_PORT",
                code=69,
            ) from None
