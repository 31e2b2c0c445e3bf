"""Which addresses belong to the public internet, and that no other is connected to."""

import asyncio
import socket
from typing import Any

import pytest

from streams.internet import AddressRefused, PublicResolver, check_literal, is_public


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("1.1.1.1", True), ("2606:4700::1111", True),
        ("127.0.0.1", False), ("127.8.8.8", False), ("0.0.0.0", False), ("10.1.2.3", False), ("172.16.0.1", False),
        ("172.31.255.255", False), ("172.32.0.1", True), ("192.168.1.1", False), ("169.254.169.254", False),
        ("100.64.0.1", False), ("192.0.2.1", False), ("198.18.0.1", False), ("224.0.0.1", False),
        ("239.1.1.1", False), ("240.0.0.1", False), ("255.255.255.255", False),
        ("::1", False), ("::", False), ("fe80::1", False), ("fe80::1%eth0", False), ("fc00::1", False),
        ("fd12:3456::1", False), ("ff02::1", False), ("2001:db8::1", False),
        ("::ffff:10.0.0.1", False), ("::ffff:127.0.0.1", False), ("2002:0a00:0001::1", False),
        ("64:ff9b::10.0.0.1", False), ("64:ff9b::7f00:1", False), ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
    ],
)  # fmt: skip
def test_only_the_public_internet(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "10.0.0.8", "169.254.169.254"])
def test_an_address_for_a_name_is_checked_too(host: str) -> None:
    with pytest.raises(AddressRefused, match="private"):
        check_literal(host)
    check_literal("example.org")
    check_literal("1.1.1.1")


@pytest.mark.parametrize(
    ("answers", "allow_private", "refused"),
    [
        (["93.184.216.34"], False, None),
        (["10.0.0.8"], False, "10.0.0.8"),
        (["93.184.216.34", "127.0.0.1"], False, "127.0.0.1"),  # one of each: whose name server answers so?
        (["10.0.0.8"], True, None),
    ],
)
async def test_what_is_connected_to_is_what_was_checked(
    monkeypatch: pytest.MonkeyPatch, answers: list[str], allow_private: bool, refused: str | None
) -> None:
    asked = 0

    def resolve(host: str, port: int, *_: Any) -> Any:
        nonlocal asked
        asked += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in answers]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    resolver = PublicResolver(lambda _: allow_private)
    try:
        if refused:
            with pytest.raises(AddressRefused, match=refused):
                await resolver.resolve("hooks.example.org", 443)
        else:
            found = await resolver.resolve("hooks.example.org", 443)
            assert [(each["host"], each["port"]) for each in found] == [(each, 443) for each in answers]
            assert all(each["flags"] & socket.AI_NUMERICHOST for each in found)  # nothing resolves it again
        assert asked == 1
    finally:
        await resolver.close()


async def test_a_name_server_that_hangs_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    hang = threading.Event()

    def resolve(host: str, port: int, *_: Any) -> Any:
        if host == "hangs.example.org":
            hang.wait(120)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    resolvers = [PublicResolver(lambda _: False) for _ in range(40)]
    hanging = [asyncio.create_task(each.resolve("hangs.example.org", 443)) for each in resolvers]
    other = PublicResolver(lambda _: False)
    try:
        async with asyncio.timeout(60):
            assert await other.resolve("works.example.org", 443)
        assert not any(each.done() for each in hanging)
    finally:
        hang.set()
        await asyncio.gather(*hanging)
        for each in (*resolvers, other):
            await each.close()
