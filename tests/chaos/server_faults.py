"""How one Kafka and one Redis are broken, and made whole again. What happens to their files is `stores`' to know."""

import asyncio
import os
import signal
from collections.abc import Callable

from tests.chaos.faults import Record, Ways
from tests.chaos.proxy import Proxy
from tests.chaos.schedule import Fault, Planned
from tests.chaos.stores import START, Stores, in_thread
from tests.chaos.supervisor import Supervisor


class ServerFaults:
    """The faults of a run on one Kafka and one Redis."""

    def __init__(self, stores: Stores, supervisor: Supervisor, record: Record) -> None:
        self._stores, self._supervisor, self._record = stores, supervisor, record

    def ways(self) -> Ways:
        """How each of them is done."""
        stores = self._stores
        return {
            Fault.KAFKA_STOP: lambda planned: self._away(planned, stores.kafka.stop, stores.kafka.start),
            Fault.KAFKA_KILL: lambda planned: self._away(planned, stores.kafka.kill, stores.kafka.start),
            Fault.KAFKA_CUT: lambda planned: self._cut(planned, stores.kafka_proxy),
            Fault.KAFKA_STALL: self._kafka_stall,
            # Which Redis serves changes with a failover: asked for when it is to break.
            Fault.REDIS_STOP: lambda planned: self._away(planned, stores.redis.stop, stores.redis.start),
            Fault.REDIS_KILL: lambda planned: self._away(planned, stores.redis.kill, stores.redis.start),
            Fault.REDIS_POWER: self._redis_power,
            Fault.REDIS_FLUSH: self._redis_flush,
            Fault.REDIS_RESTORE: lambda planned: stores.restore(planned.target, planned.seconds),
            Fault.REDIS_FAILOVER: self._redis_failover,
            Fault.REDIS_SLOW: self._redis_slow,
            Fault.REDIS_HANG: self._redis_hang,
            Fault.REDIS_PAUSE: self._redis_pause,
            Fault.REDIS_FULL: lambda planned: self._configured(planned, "maxmemory", "1mb", "0"),
            Fault.REDIS_LONELY: lambda planned: self._configured(planned, "min-replicas-to-write", "1", "0"),
            Fault.REDIS_READONLY: self._redis_readonly,
            Fault.REDIS_CUT: lambda planned: self._cut(planned, stores.redis_proxy),
            Fault.REDIS_SCRIPTS: self._redis_scripts,
            Fault.BLACKOUT: self._blackout,
        }

    async def _away(self, planned: Planned, end: Callable[[], None], start: Callable[[float], None]) -> None:
        await in_thread(end)
        await asyncio.sleep(planned.seconds)
        await in_thread(start, START)

    async def _cut(self, planned: Planned, proxy: Proxy) -> None:
        before = proxy.cuts
        for _ in range(4):
            proxy.cut()
            await asyncio.sleep(planned.seconds / 4)
        self._record.see("connections cut", proxy.cuts - before, planned.fault)

    async def _kafka_stall(self, planned: Planned) -> None:
        self._stores.kafka_proxy.hold()
        await asyncio.sleep(planned.seconds)
        self._stores.kafka_proxy.release()

    async def _redis_power(self, planned: Planned) -> None:
        self._record.see("bytes lost", await self._stores.lose_power(planned.seconds), planned.fault)

    async def _redis_failover(self, planned: Planned) -> None:
        self._record.see("bytes lost", await self._stores.fail_over(planned.seconds), planned.fault)

    async def _redis_flush(self, planned: Planned) -> None:
        async with self._stores.client() as client:
            self._record.see("keys lost", await client.dbsize(), planned.fault)
            await client.flushall()

    async def _redis_slow(self, planned: Planned) -> None:
        self._stores.redis_proxy.delay = 0.05 + 0.25 * (planned.target % 10) / 10
        await asyncio.sleep(planned.seconds)
        self._stores.redis_proxy.delay = 0.0

    async def _redis_hang(self, planned: Planned) -> None:
        pid = self._stores.redis.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(planned.seconds)
        finally:
            os.kill(pid, signal.SIGCONT)

    async def _redis_pause(self, planned: Planned) -> None:
        async with self._stores.client() as client:
            await client.client_pause(int(planned.seconds * 1_000), all=True)
            await asyncio.sleep(planned.seconds)

    async def _configured(self, planned: Planned, name: str, value: str, back: str) -> None:
        async with self._stores.client() as client:
            await client.config_set(name, value)
            await asyncio.sleep(planned.seconds)
            await client.config_set(name, back)

    async def _redis_readonly(self, planned: Planned) -> None:
        async with self._stores.client() as client:
            await client.replicaof("127.0.0.1", 1)  # nothing listens there: it keeps what it has
            await asyncio.sleep(planned.seconds)
            await client.replicaof("NO", "ONE")

    async def _redis_scripts(self, planned: Planned) -> None:
        async with self._stores.client() as client:
            await client.script_flush()

    async def _blackout(self, planned: Planned) -> None:
        stores = self._stores
        for slot in self._supervisor.running():
            self._supervisor.signal(slot, signal.SIGKILL)
        await asyncio.gather(in_thread(stores.kafka.kill), in_thread(stores.redis.kill))
        await asyncio.sleep(planned.seconds)
        await asyncio.gather(in_thread(stores.kafka.start, START), in_thread(stores.redis.start, START))
