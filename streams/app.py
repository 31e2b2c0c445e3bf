"""The Faust app: its topics and its agents. Run it with `tocsin worker` or `faust -A streams.app worker`.

An agent takes whole runs of records (streams/transport.py) and acknowledges one only after Redis and Kafka hold what it
says; an exception ends the process, which is to be restarted. The rest is in streams/worker/.
"""

from streams.errors import UserError
from streams.strays import refuse_strays

try:
    refuse_strays()
except UserError as error:
    raise SystemExit(f"tocsin worker: {error}") from None

import asyncio
import sys
from typing import Any, NoReturn, cast

import faust
import mode.loop
from faust.types.auth import CredentialsT
from mode.supervisors import CrashingSupervisor
from yarl import URL

from streams import logs, transport
from streams.connections import kafka_tls
from streams.settings import Settings
from streams.topics import ARTICLES, POSTS
from streams.worker import health
from streams.worker.preflight import preflight
from streams.worker.service import Worker

#: Runs that wait for an agent; with `run_records` it bounds what a worker holds in memory.
QUEUED_RUNS = 8


class CommandLine(faust.Worker):
    """Faust's worker process, which first makes sure that what it needs is there."""

    def execute_from_commandline(self) -> NoReturn:
        """Run until stopped. Exits with one line where Kafka, Redis or a topic is missing."""
        mode.loop.use("uvloop")  # for the consumer's thread too
        try:
            asyncio.run(preflight(cast(TocsinApp, self.app).settings))
        except UserError as error:
            print(f"tocsin worker: {error}", file=sys.__stderr__)
            raise SystemExit(error.code) from None
        super().execute_from_commandline()


class TocsinApp(transport.App):
    """The Faust app with a `Worker` inside, made when the loop runs."""

    settings: Settings
    worker: Worker

    @property
    def positions(self) -> transport.Positions:
        """What the batch driver asks."""
        return self.worker.positions

    async def on_start(self) -> None:
        """Start the worker's own parts before Faust's."""
        self.worker = Worker(self.settings, lambda: self.runs)
        await self.worker.start(self.crash)
        await super().on_start()

    async def on_stop(self) -> None:
        """Deliver nothing more and finish the runs in hand; the consumer commits them when it stops."""
        await super().on_stop()
        await self.worker.drain()

    async def on_shutdown(self) -> None:
        """Stop them after Faust's."""
        await super().on_shutdown()
        await self.worker.stop()

    def _create_directories(self) -> None:
        """None: without tables Faust has nothing to write."""


def build(settings: Settings) -> TocsinApp:
    """The app for these settings."""
    app = TocsinApp(
        settings.group,
        broker=[URL(f"{transport.SCHEME}://{server}") for server in settings.kafka.split(",")],
        broker_credentials=_credentials(settings),
        env_prefix="TOCSIN_FAUST_",
        Worker=CommandLine,
        agent_supervisor=CrashingSupervisor,
        broker_commit_interval=settings.commit_interval,
        broker_max_poll_records=settings.run_records,
        broker_max_poll_interval=86_400,  # a run waits for an absent Redis as long as it takes
        broker_heartbeat_interval=max(1, settings.session // 10),
        broker_rebalance_timeout=settings.session,
        broker_session_timeout=settings.session,
        broker_request_timeout=60,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=settings.instance or None,
        logging_config=logs.config(settings),
        stream_buffer_maxsize=QUEUED_RUNS,
        stream_wait_empty=False,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_bind=settings.host,
        web_port=settings.worker_port,
        web_router_enabled=False,
        web_tables_enabled=False,
        worker_redirect_stdouts=False,
    )
    app.settings = settings

    async def match(runs: Any) -> None:
        async for event in runs.noack().events():
            await app.worker.take(event.value, event.ack)

    for name in (POSTS, ARTICLES):
        topic = app.topic(settings.topic(name), schema=transport.RunSchema())
        app.agent(topic, name=f"match_{name}", concurrency=1)(match)
    health.add_pages(app, lambda: app.worker)
    return app


def _credentials(settings: Settings) -> CredentialsT | None:
    """What Faust's own clients prove themselves with; all others take it from streams.connections."""
    tls = kafka_tls(settings)
    if settings.kafka_user:
        return faust.SASLCredentials(
            username=settings.kafka_user,
            password=settings.kafka_password,
            mechanism=settings.kafka_mechanism,
            ssl_context=tls,
        )
    return faust.SSLCredentials(tls) if tls else None


app = build(Settings.from_environment())
