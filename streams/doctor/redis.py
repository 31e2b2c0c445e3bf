"""Redis: whether it answers, whether it may forget what it acknowledged, what it holds of ours."""

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from redis.asyncio.cluster import RedisCluster
from redis.exceptions import RedisError

from streams.connections import REDIS_AWAY, RedisLink, redis_address, redis_refusal
from streams.doctor.findings import FAIL, OK, WARN, Finding, absence
from streams.matching import ENGINE
from streams.settings import Settings
from streams.trends import LAYOUT, Catalog, layout_key, layout_mark

#: The oldest release that has what our scripts need.
OLDEST = (6, 2)
#: Shares of the memory limit.
NARROW, FULL = 0.8, 0.95
#: Seconds by which clocks may differ: Kafka takes records up to 120 s ahead of its own.
SKEW, BAD_SKEW = 5.0, 60.0


async def examine_redis(settings: Settings) -> list[Finding]:
    """All of it; only that Redis doesn't answer, where it doesn't."""
    link = RedisLink(settings)
    found: list[Finding] = []
    try:
        await link.client.ping()
        async for each in _examine(link, settings):
            found.append(each)
    except (RedisError, *REDIS_AWAY) as error:
        where = f"Redis at {redis_address(settings)}"
        found.append(absence(where, error, redis_refusal(error), "TOCSIN_REDIS to its URL"))
    finally:
        await link.close()
    return found


async def _examine(link: RedisLink, settings: Settings) -> AsyncIterator[Finding]:
    for name, info in (await _infos(link, settings)).items():
        for finding in _server(name, info):
            yield finding
    async for finding in _fsync(link):
        yield finding
    yield await _clock(link)
    yield await _layout(link, settings)
    async for finding in _events(link, settings):
        yield finding


async def _infos(link: RedisLink, settings: Settings) -> dict[str, dict[str, Any]]:
    """INFO of each server that holds keys, by address."""
    client: Any = link.client
    if isinstance(link.client, RedisCluster):
        return dict(await client.info(target_nodes=RedisCluster.PRIMARIES))
    return {redis_address(settings): await client.info()}


def _server(name: str, info: Mapping[str, Any]) -> Iterator[Finding]:
    version = str(info.get("redis_version", "unknown"))
    parts = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if len(parts) < 2:
        yield Finding(WARN, f"Redis at {name} answers, its version is unknown", "make sure that it is 6.2 or newer")
    elif parts < OLDEST:
        yield Finding(FAIL, f"Redis at {name} is {version}", "6.2 or newer is needed")
    else:
        yield Finding(OK, f"Redis answers at {name}, version {version}")
    policy = info.get("maxmemory_policy")
    if policy is None:
        yield Finding(WARN, f"maxmemory-policy of {name} is unknown", "make sure that it is noeviction")
    elif policy != "noeviction":
        to_do = "CONFIG SET maxmemory-policy noeviction, and the same in redis.conf"
        yield Finding(FAIL, f"maxmemory-policy is {policy}: a full Redis silently forgets counts", to_do)
    else:
        yield Finding(OK, "maxmemory-policy is noeviction")
    aof = info.get("aof_enabled")
    if aof is None:
        yield Finding(WARN, f"whether {name} keeps an append-only file is unknown", "make sure that it does")
    elif not int(aof):
        told = "the append-only file is off: after a restart counts are read from the log again, older history is lost"
        yield Finding(WARN, told, "CONFIG SET appendonly yes, and the same in redis.conf")
    else:
        yield Finding(OK, "the append-only file is on")
    yield _memory(info)


def _memory(info: Mapping[str, Any]) -> Finding:
    used = int(info.get("used_memory", 0))
    limit = int(info.get("maxmemory", 0)) or int(info.get("total_system_memory", 0))
    if not used or not limit:
        return Finding(WARN, "Redis' memory is unknown", "watch it")
    told = f"Redis uses {_size(used)} of {_size(limit)}"
    if used < NARROW * limit:
        return Finding(OK, told)
    to_do = "give it more memory, or track fewer or quieter events; a full Redis makes workers wait"
    return Finding(FAIL if used > FULL * limit else WARN, told, to_do)


async def _fsync(link: RedisLink) -> AsyncIterator[Finding]:
    client: Any = link.client
    try:
        found = await client.config_get("appendfsync")
    except RedisError:
        yield Finding(WARN, "appendfsync is unknown, Redis refuses CONFIG", "make sure that it is everysec or always")
        return
    if found.get("appendfsync") == "no":
        to_do = "CONFIG SET appendfsync everysec"
        yield Finding(WARN, "appendfsync is no: a crash may take half a minute of counts, to be read again", to_do)


async def _clock(link: RedisLink) -> Finding:
    client: Any = link.client
    asked = time.time()
    seconds, micros = await client.time()
    skew = seconds + micros / 1e6 - (asked + time.time()) / 2
    told = f"Redis' clock and this machine's differ by {abs(skew):.1f} s"
    if abs(skew) < SKEW:
        return Finding(OK, told)
    return Finding(FAIL if abs(skew) > BAD_SKEW else WARN, told, "set both by NTP: buckets expire by Redis' clock")


async def _layout(link: RedisLink, settings: Settings) -> Finding:
    client: Any = link.client
    found = await client.get(layout_key(settings))
    if found is None:
        return Finding(OK, f"Redis holds no counts under the prefix {settings.prefix} yet")
    theirs, ours = found.decode(errors="replace")[:40], layout_mark(settings)
    if theirs == ours:
        return Finding(OK, f"counts are in layout {LAYOUT}")
    told = f"Redis holds counts in layout {theirs!r} (number, seconds kept), these settings and release make {ours!r}"
    return Finding(FAIL, told, "give this release another TOCSIN_PREFIX; it counts from the log beside the old one")


async def _events(link: RedisLink, settings: Settings) -> AsyncIterator[Finding]:
    catalog = Catalog(link.client, settings)
    serving, pending = await catalog.serving(), await catalog.pending()
    if not serving and not pending:
        yield Finding(WARN, "no event is tracked", "`tocsin events apply FILE` tracks one, once a worker runs")
        return
    yield Finding(OK, f"events: {len(serving)} served, {len(pending)} being back-filled")
    older = sorted(each.id for each in {**serving, **pending}.values() if each.engine != ENGINE)
    if older:
        told = f"applied for another rule engine than {ENGINE}: {', '.join(older[:5])}"
        yield Finding(FAIL, told, "`tocsin events apply` them again")


def _size(n: int) -> str:
    amount, unit = float(n), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1_024:
            break
        amount, unit = amount / 1_024, larger
    return f"{amount:.0f} {unit}" if amount >= 10 else f"{amount:.1f} {unit}"
