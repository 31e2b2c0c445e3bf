"""What has to be there before a worker starts: Kafka, the topics, Redis, and counts in a layout that we know."""

from typing import Any

from streams import topics
from streams.connections import RedisLink, admin, wait_for_kafka, wait_for_redis
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
    await _check_layout(settings)


async def _check_layout(settings: Settings) -> None:
    link = RedisLink(settings)
    try:
        key, ours = layout_key(settings), layout_mark(settings)
        await link.client.set(key, ours, nx=True)
        found: Any = await link.client.get(key)
    finally:
        await link.close()
    theirs = ours if found is None else found.decode(errors="replace")
    if theirs != ours:
        layout, _, keep = theirs.partition(" ")
        raise UserError(
            f"Redis holds counts in layout {layout}, kept {keep} s; this worker writes layout {LAYOUT} and keeps "
            f"{settings.keep} s (TOCSIN_LATENESS + TOCSIN_RETENTION): give it another TOCSIN_PREFIX and let it count "
            "from the log beside the old one",
            code=78,
        )
