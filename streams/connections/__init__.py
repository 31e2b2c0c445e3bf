"""Clients of Kafka and Redis, made from the settings, the wait for both, and why one refuses us.

Knows addresses, credentials and limits; knows nothing of topics' meaning or Redis' keys.
"""

from streams.connections.kafka import (
    COMMAND_LIMIT,
    MAX_RECORD_BYTES,
    admin,
    committed,
    kafka_tls,
    log_partitions,
    producer,
    reader,
)
from streams.connections.patience import until_kafka, until_redis
from streams.connections.reading import Extent, Progress, batches, held
from streams.connections.redis import REDIS_AWAY, RedisClient, RedisLink, redis_address
from streams.connections.refusals import how_away, kafka_refusal, redis_refusal
from streams.connections.waiting import wait_for_kafka, wait_for_redis

__all__ = [
    "COMMAND_LIMIT",
    "MAX_RECORD_BYTES",
    "REDIS_AWAY",
    "Extent",
    "Progress",
    "RedisClient",
    "RedisLink",
    "admin",
    "batches",
    "committed",
    "held",
    "how_away",
    "kafka_refusal",
    "kafka_tls",
    "log_partitions",
    "producer",
    "reader",
    "redis_address",
    "redis_refusal",
    "until_kafka",
    "until_redis",
    "wait_for_kafka",
    "wait_for_redis",
]
