"""A process that delivers alerts and does nothing else, in hasty time: PACE is the arguments of `Pace` as JSON.

Run as `python -m tests.integration.delivery.program`. Ends when its standard input closes.
"""

import asyncio
import json
import logging
import os
import threading

from prometheus_client import CollectorRegistry

from streams.alerts.delivery import Delivery, Measures, Pace
from streams.connections import RedisLink
from streams.settings import Settings


async def main() -> None:
    settings = Settings.from_environment()
    pace = Pace(**json.loads(os.environ["PACE"]))
    await Delivery(settings, RedisLink(settings).client, Measures(CollectorRegistry()), pace).follow()


def _end_with_parent() -> None:
    os.read(0, 1)
    os._exit(0)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    for noisy in ("aiokafka", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    asyncio.run(main())
