"""Which addresses belong to the public internet, and a resolver that lets no other through.

What it answers is what aiohttp connects to: a name is resolved, checked, and not resolved again, so a name that changes
its mind in between reaches nothing. Knows neither who asks nor why.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: Prefixes of IPv6 whose last 32 bits are an address of IPv4 that is reached through them (RFC 6052, RFC 8215).
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


class AddressRefused(OSError):
    """An address that is none of the public internet, where only such a one may be had."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(f"{host} is at the private address {address}" if host != address else f"{host} is private")
        self.address = address


def is_public(address: str) -> bool:
    """Whether this IP address, and any that is written into it, is one of the public internet. Raises ValueError."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    return all(each.is_global and not each.is_multicast for each in (ip, *_within(ip)))


def _within(ip: _Address) -> tuple[_Address, ...]:
    if isinstance(ip, ipaddress.IPv4Address):
        return ()
    if ip.ipv4_mapped is not None:
        return (ip.ipv4_mapped,)
    if ip.sixtofour is not None:
        return (ip.sixtofour,)
    if ip.teredo is not None:
        return ip.teredo
    if any(ip in network for network in _TRANSLATED):
        return (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF),)
    return ()


def check_literal(host: str) -> None:
    """Raise `AddressRefused` for a host that is itself an address, and not a public one; aiohttp resolves no such."""
    try:
        public = is_public(host)
    except ValueError:
        return
    if not public:
        raise AddressRefused(host, host)


class PublicResolver(AbstractResolver):
    """Resolves names in threads of its own: a name server that hangs holds up nobody else."""

    def __init__(self, allowed: Callable[[str], bool], threads: int = 4) -> None:
        """`allowed` says of a host whether it may be at a private address."""
        self._allowed = allowed
        self._threads = ThreadPoolExecutor(threads, "tocsin-names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises `AddressRefused` where any of them may not be had."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _addresses, host, port, family)
        if not self._allowed(host):
            for each in found:
                if not is_public(each["host"]):
                    raise AddressRefused(host, each["host"])
        return found

    async def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return [
        ResolveResult(
            hostname=host, host=socket.getnameinfo(address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)[0],
            port=port, family=each, proto=protocol, flags=numeric,
        )
        for each, _, protocol, _, address in socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
    ]  # fmt: skip
