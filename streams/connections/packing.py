"""Redis connections that pack pipelines in C: a worker's calls carry a dozen keys each, and redis-py's asyncio half
joins every argument in Python, which costs more than all else that is done to write a match.

Knows Redis' wire format by hiredis; knows nothing of what is sent.
"""

from collections.abc import Iterable
from typing import Any, Final

from hiredis import pack_command
from redis.asyncio import Redis
from redis.asyncio.connection import Connection, SSLConnection


class _Packing(Connection):
    def pack_commands(self, commands: Iterable[Iterable[Any]]) -> list[bytes]:
        # A name of two words, as CONFIG SET, is two arguments.
        return [b"".join([pack_command((*name.split(), *arguments)) for name, *arguments in commands])]


class _PackingTLS(_Packing, SSLConnection):
    pass


_PACKING: Final[dict[type, type]] = {Connection: _Packing, SSLConnection: _PackingTLS}


def pack_in_c(client: Redis) -> None:
    """Let connections that the client makes from now on pack so."""
    pool = client.connection_pool
    pool.connection_class = _PACKING.get(pool.connection_class, pool.connection_class)
