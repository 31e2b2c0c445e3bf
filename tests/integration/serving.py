"""What `tocsin serve` answers, on loopback and within the test's own loop."""

from collections.abc import AsyncIterator
from typing import Any

from aiohttp import ClientSession, web

from streams.settings import Settings
from streams.web.app import build

#: The token of a `System`.
RIGHT = {"Authorization": "Bearer secret"}


async def serving(settings: Settings) -> AsyncIterator[ClientSession]:
    """A client of it."""
    runner = web.AppRunner(build(settings))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
        yield session
    await runner.cleanup()


async def get(client: ClientSession, path: str, status: int = 200, **headers: str) -> Any:
    """The JSON of an answer with this status."""
    async with client.get(path, headers=headers) as response:
        assert response.status == status, await response.text()
        return await response.json()


async def scrape(client: ClientSession, accept: str = "") -> tuple[str, str]:
    """Content type and text of /metrics."""
    async with client.get("/metrics", headers={"Accept": accept}) as response:
        assert response.status == 200
        return response.headers["Content-Type"], await response.text()
