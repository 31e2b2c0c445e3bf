"""What `tocsin doctor` finds: whether Kafka, Redis, topics, workers and settings are as Tocsin's promises need them.

Looks and says what to do; changes nothing.
"""

import os
from collections.abc import Mapping

from streams.doctor.findings import FAIL, OK, WARN, Finding
from streams.doctor.kafka import examine_kafka
from streams.doctor.redis import examine_redis
from streams.doctor.variables import examine_variables
from streams.settings import Settings

__all__ = ["FAIL", "OK", "WARN", "Finding", "examine"]


async def examine(settings: Settings, environment: Mapping[str, str] = os.environ) -> list[Finding]:
    """Everything that was found, in the order in which things have to be right."""
    return [
        *examine_variables(settings, environment),
        *await examine_kafka(settings),
        *await examine_redis(settings),
    ]
