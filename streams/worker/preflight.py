"""What has to be there before a worker starts: Kafka, the topics, Redis, and counts in a layout that we know."""

from typing import Any

from redis.exceptions import ResponseError

from streams import topics
from streams.connections import REDIS_AWAY, RedisLink, admin, redis_address, wait_for_kafka, wait_for_redis
from streams.errors import UserError
from streams.settings import Settings
from streams.trends import LAYOUT, layout_key, layout_mark


async def preflight(settings: Settings) -> None:
    """Return when all is there. Raises `UserError` with what is missing and what to do."""
    await wait_for_kafka(settings)
    await wait_for_redis(settings)
    async with admin(settings) as client:
        missing = await topics.missing(client, settings)
    if missing:
        raise UserError(
            f"Kafka at {settings.kafka} has no topic {', '.join(missing)}: run `tocsin topics create`", code=69
        )
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
