"""The embedded default: a Kafka-protocol broker and a real Redis for a first look, each with all its files in a folder.

Doesn't know what is kept in them, nor any setting.
"""

from streams.embedded.programs import embedded_kafka, embedded_redis, kafka_answers, redis_answers, redis_server
from streams.embedded.server import HOST, EmbeddedError, Server, free_port

__all__ = [
    "HOST",
    "EmbeddedError",
    "Server",
    "embedded_kafka",
    "embedded_redis",
    "free_port",
    "kafka_answers",
    "redis_answers",
    "redis_server",
]
