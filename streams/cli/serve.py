"""`tocsin serve`: the page, metrics, the API and POST /ingest, in one process."""

import asyncio
import signal

import click

from streams.errors import UserError
from streams.settings import Settings

#: Seconds that requests under way have to end after SIGTERM.
SHUTDOWN_LIMIT = 5.0


@click.command("serve")
@click.option("--host", help="Address to listen on. Default: TOCSIN_HOST, or 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on. Default: TOCSIN_SERVE_PORT, or 8080.")
def command(host: str | None, port: int | None) -> None:
    """Serve the page for a browser, /metrics for Prometheus, the API and POST /ingest, until stopped.

    \b
    tocsin serve --port 8080
    xdg-open http://localhost:8080/
    curl localhost:8080/trends

    One is enough: it reads what all workers have counted. POST /ingest/posts and /ingest/articles want the bearer token
    TOCSIN_TOKEN; without one they are closed. Port 0 takes a free one and names it. docs/operations.md has each path.
    """
    settings = Settings.from_environment()
    address = settings.host if host is None else host
    asyncio.run(_serve(settings, address, settings.serve_port if port is None else port))


async def _serve(settings: Settings, host: str, port: int) -> None:
    from aiohttp import web

    from streams.web.app import build

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    runner = web.AppRunner(build(settings), shutdown_timeout=SHUTDOWN_LIMIT, access_log=None)
    try:
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            reason = (error.strerror or str(error)).splitlines()[0]
            raise UserError(
                f"cannot listen on {host}:{port} (TOCSIN_HOST, TOCSIN_SERVE_PORT or --host, --port): {reason}", code=69
            ) from None
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        found = runner.addresses[0][1]
        click.echo(f"Listening on http://{host}:{found}/ (/metrics, /events, /trends/EVENT)", err=True)
        await stop.wait()
    finally:
        await runner.cleanup()
