"""What packing in C sends is what redis-py's own connection sends."""

import pytest
from redis.asyncio import Redis
from redis.asyncio.connection import Connection, SSLConnection

from streams.connections.packing import pack_in_c

COMMANDS = [
    ("EVALSHA", "a" * 40, 2, "tocsin:2:{e@1}:ledger:9", "ключ", b"\x00\xff\r\n", ""),
    ("CONFIG SET", "save", ""),
    (b"HSET", "hash", "field", -1),
    ("SET", "large", b"x" * 100_000),
]


def test_the_same_bytes_as_redis_py() -> None:
    client = Redis()
    pack_in_c(client)
    packing = client.connection_pool.connection_class()
    assert type(packing) is not Connection
    assert b"".join(packing.pack_commands(COMMANDS)) == b"".join(Connection().pack_commands(COMMANDS))


@pytest.mark.parametrize(("url", "is_tls"), [("redis://localhost", False), ("rediss://localhost", True)])
def test_connections_keep_their_kind(url: str, is_tls: bool) -> None:
    client = Redis.from_url(url)
    pack_in_c(client)
    assert issubclass(client.connection_pool.connection_class, SSLConnection) is is_tls
    assert issubclass(client.connection_pool.connection_class, Connection)
