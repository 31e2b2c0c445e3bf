"""`tocsin worker`: the same as `faust -A streams.app worker`."""

import click


@click.command("worker")
def command() -> None:
    """Match, count and publish what Kafka carries, until stopped.

    \b
    tocsin worker
    TOCSIN_WORKER_PORT=6067 tocsin worker

    Start as many as there are cores, up to the number of partitions; each says how it is on
    http://HOST:TOCSIN_WORKER_PORT/healthz, /readyz and /metrics. Stop one with SIGTERM; a killed one loses nothing.
    """
    from streams.app import CommandLine, app

    CommandLine(app, loglevel=app.settings.log_level, quiet=True).execute_from_commandline()
