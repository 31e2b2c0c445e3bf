"""A Faust worker on the batch driver that writes down what it processed: one line an id, flushed before the ack.

Run as `python -m tests.integration.driver.program BOOTSTRAP GROUP TOPIC LEDGER [--raise-at N] [--pause SECONDS]`.
"""

import argparse
import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import faust
from faust.types import TP
from mode.supervisors import CrashingSupervisor

from streams import transport
from streams.transport import Committed

#: Seconds that finding the starts takes, as while Redis is away.
START_DELAY = 0.0


class KafkaAlone:
    """Positions of a worker without Redis: what Kafka committed."""

    @property
    def generation(self) -> int:
        return 7

    async def starts(self, committed: Mapping[TP, Committed | None]) -> Mapping[TP, int | None]:
        await asyncio.sleep(START_DELAY)
        return {tp: each.offset if each else None for tp, each in committed.items()}


class App(transport.App):
    @property
    def positions(self) -> KafkaAlone:
        return KafkaAlone()

    def _create_directories(self) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("bootstrap")
    parser.add_argument("group")
    parser.add_argument("topic")
    parser.add_argument("ledger", type=Path)
    parser.add_argument("--raise-at", type=int, default=0)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--start-delay", type=float, default=0.0)
    parser.add_argument("--request-timeout", type=float, default=7.0)
    options = parser.parse_args()
    global START_DELAY
    START_DELAY = options.start_delay
    app = App(
        options.group,
        broker=f"{transport.SCHEME}://{options.bootstrap}",
        agent_supervisor=CrashingSupervisor,
        broker_commit_interval=0.3,
        broker_max_poll_records=50,
        broker_request_timeout=options.request_timeout,
        broker_session_timeout=6,
        broker_heartbeat_interval=1,
        broker_rebalance_timeout=6,
        stream_buffer_maxsize=4,
        stream_wait_empty=False,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
    )
    ledger = options.ledger.open("a", encoding="utf-8")
    seen = 0

    @app.agent(app.topic(options.topic, schema=transport.RunSchema()), concurrency=1)
    async def write_down(runs: Any) -> None:
        nonlocal seen
        async for event in runs.noack().events():
            for record in event.value.records:
                seen += 1
                if seen == options.raise_at:
                    raise RuntimeError("as asked")
                ledger.write(f"{record.value.decode()}\n")
            await asyncio.sleep(options.pause)
            ledger.flush()
            event.ack()

    faust.Worker(app, loglevel="INFO", quiet=True).execute_from_commandline()


if __name__ == "__main__":
    main()
