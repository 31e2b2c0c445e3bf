"""A Redis Cluster of three masters: counts spread over them, and a master that forgets is noticed."""

import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest
from redis.asyncio.cluster import RedisCluster

from streams import embedded
from streams.connections import REDIS_AWAY, RedisLink
from streams.settings import Settings
from streams.transport import Committed
from streams.trends import Applied, Store, Windows
from streams.worker.pipeline import prepare_records
from streams.worker.positions import WorkerPositions
from streams.worker.registry import Registry
from tests.brokers import cluster_agrees, eventually, redis_cluster_node
from tests.integration.test_pipeline import EVENT, POSTS, LoadedRegistry, run

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(120),
    pytest.mark.skipif(shutil.which("redis-cli") is None, reason="redis-cli joins the cluster"),
]


@pytest.fixture
async def nodes(tmp_path: Path) -> AsyncIterator[list[embedded.Server]]:
    """Three masters that keep nothing on disk."""
    servers = []
    try:
        for number in range(3):
            servers.append(redis_cluster_node(tmp_path / str(number)))
            servers[-1].start()
        addresses = [server.address for server in servers]
        subprocess.run(["redis-cli", "--cluster", "create", *addresses, "--cluster-yes"], check=True, timeout=60)
        await eventually(lambda: cluster_agrees(servers), 60, "the nodes never agreed")
        yield servers
    finally:
        for server in servers:
            server.kill()


async def test_a_master_that_forgets_is_noticed_wherever_it_is(nodes: list[embedded.Server]) -> None:
    settings = Settings(redis=f"redis+cluster://127.0.0.1:1,{nodes[0].address}")  # nothing listens at the first
    link = RedisLink(settings)
    cluster = cast(RedisCluster, link.client)
    positions = WorkerPositions(cast(Registry, LoadedRegistry()), Applied(cluster, settings), lambda _: True)
    store, windows = Store(cluster, settings), Windows(cluster, settings)

    async def count(base: int, end: int) -> None:
        each = run(base, end)
        prepared = await prepare_records(
            each.records, LoadedRegistry.rules, is_article=False, lateness=settings.lateness
        )
        await store.apply(prepared.standings, LoadedRegistry.rules.tags)
        await positions.advance([each])

    async def start(committed: int) -> tuple[int | None] | None:
        """Where reading would start, given Kafka's commit; None while the cluster doesn't answer."""
        try:
            return ((await positions.starts({POSTS: Committed(committed, 1)}))[POSTS],)
        except REDIS_AWAY:
            return None

    try:
        await eventually(lambda: start(0), 60, "the cluster never took a command")
        for victim in nodes:
            await count(0, 10)
            assert (await windows.counts(EVENT.tag, "1h", None))["all"] == 10
            assert await start(10) == (10,)
            changes = link.changes
            victim.kill()
            victim.start()  # empty
            assert await eventually(lambda: start(10), 60, "the cluster did not come back") == (None,)
            assert link.changes > changes
        await count(0, 10)
        assert (await windows.counts(EVENT.tag, "1h", None))["all"] == 10
    finally:
        await link.close()


async def test_nodes_that_are_gone_are_an_absence(nodes: list[embedded.Server]) -> None:
    link = RedisLink(Settings(redis=f"redis+cluster://{nodes[0].address}"))

    async def is_away() -> bool:
        try:
            for number in range(30):  # keys of every node
                await link.client.set(f"key-{number}", b"")
        except REDIS_AWAY:
            return True
        return False

    try:
        await eventually(lambda: _not(is_away), 60, "the cluster never took a command")
        for gone in (nodes[:1], nodes[1:]):
            for each in gone:
                each.kill()
            for _ in range(5):
                await eventually(is_away, 60, "a node that is gone was not missed")
        for each in nodes:
            each.start()
        await eventually(lambda: _not(is_away), 60, "the cluster did not come back")
    finally:
        await link.close()


async def _not(condition: Callable[[], Awaitable[bool]]) -> bool:
    return not await condition()
