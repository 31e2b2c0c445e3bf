"""A scrape of a Redis Cluster: events whose keys lie on different nodes, and how full the fullest is."""

import time
from datetime import UTC, datetime

from schemas import TrackedEvent
from streams import embedded
from streams.connections import REDIS_AWAY, RedisLink
from streams.settings import Settings
from streams.trends import Catalog, Contribution, Standing, Store, Windows, digest
from streams.trends.drivers import Drivers
from streams.web.readings import Reader
from streams.web.voices import VoiceCounts
from tests.brokers import eventually
from tests.integration.test_cluster import nodes  # noqa: F401 - a fixture

EVENTS = [
    TrackedEvent(
        id=f"event-{n}", title="T", revision="0123456789ab", applied_at=datetime(2025, 3, 14, tzinfo=UTC), engine=1,
        match="kursk",
    )
    for n in range(6)
]  # fmt: skip


async def test_a_scrape_reaches_every_node(nodes: list[embedded.Server]) -> None:  # noqa: F811
    settings = Settings(redis=f"redis+cluster://{nodes[0].address}")
    link = RedisLink(settings)
    catalog, store = Catalog(link.client, settings), Store(link.client, settings)
    reader = Reader(
        link, catalog, VoiceCounts(catalog, Windows(link.client, settings), Drivers(link.client, settings)), settings
    )
    now = int(time.time())
    added = Contribution(
        platform="x", kind="post", lang="en", groups=("other",), claims=(), author="x/ann", fingerprint=b"12345678",
        domains=(),
    )  # fmt: skip

    async def track() -> bool:
        try:
            for offset, each in enumerate(EVENTS):
                await catalog.take_over(each, offset)
        except REDIS_AWAY:
            return False
        return True

    try:
        await eventually(track, 60, "the cluster never took a command")
        tags = {event.tag: added for event in EVENTS}
        await store.apply([Standing(digest("x:1"), 0, 1, 1, now, now, False, tags)], set(tags))
        snapshot = await reader.read()
        assert [each.windows["24h"]["all"] for each in snapshot.readings] == [1] * len(EVENTS)
        assert snapshot.memory > 1_000_000
        assert snapshot.memory_limit == 0
    finally:
        await link.close()
