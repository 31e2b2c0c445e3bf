"""A receiver that behaves in every way a receiver can, on real sockets, and remembers what it was sent."""

import asyncio
import contextlib
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
from standardwebhooks import Webhook

#: What it does with a request; of those beginning with `took-` it takes the message and fails to say so.
Behaviour = Callable[["Request"], str]


@dataclass
class Request:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    answer: str = ""
    ended: float = 0.0

    @property
    def json(self) -> Any:
        """Its body."""
        return orjson.loads(self.body)

    @property
    def id(self) -> str:
        """Its webhook-id."""
        return self.headers["webhook-id"]


@dataclass
class Inbox:
    """One endpoint's receiver: every request, and the messages taken, each id once."""

    name: str
    behaviour: Behaviour
    secrets: list[str]
    """Any of them verifies."""
    requests: list[Request] = field(default_factory=list)
    taken: dict[str, Any] = field(default_factory=dict)
    taken_at: dict[str, float] = field(default_factory=dict)
    unverified: int = 0
    under_way: set[asyncio.StreamReader] = field(default_factory=set)
    most_under_way: int = 0
    again: int = 0
    """Requests for a message that was answered 2xx before."""

    def take(self, request: Request) -> None:
        """Process a message, unless its id was processed before."""
        if request.id not in self.taken:
            self.taken[request.id] = request.json
            self.taken_at[request.id] = time.time()

    def verify(self, request: Request) -> None:
        """Count it where no secret verifies it."""
        for secret in self.secrets:
            with contextlib.suppress(Exception):
                Webhook(secret).verify(request.body, request.headers)
                return
        self.unverified += 1

    @property
    def sequences(self) -> list[int]:
        """Of the messages taken, in the order of taking."""
        return [each["sequence"] for each in self.taken.values()]

    @property
    def alerts(self) -> list[str]:
        """The alerts of the messages taken, in order."""
        return [alert["id"] for each in self.taken.values() for alert in each["alerts"]]


def always(answer: str) -> Behaviour:
    """The same for every request."""
    return lambda request: answer


def randomly(seed: int, answers: Iterable[str], weights: Iterable[int]) -> Behaviour:
    """By chance, from a seed."""
    chance = random.Random(seed)
    choices, shares = list(answers), list(weights)
    return lambda request: chance.choices(choices, shares)[0]


def first(answers: Iterable[str], then: str) -> Behaviour:
    """These one after the other, then always the same."""
    left = itertools.chain(answers, itertools.repeat(then))
    return lambda request: next(left)


class Receiver:
    """An HTTP server of raw sockets; /NAME is the inbox NAME."""

    def __init__(self) -> None:
        self.inboxes: dict[str, Inbox] = {}
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.seen: Counter[str] = Counter()

    def inbox(self, name: str, behaviour: Behaviour, secrets: list[str]) -> Inbox:
        """Add an inbox."""
        return self.inboxes.setdefault(name, Inbox(name, behaviour, secrets))

    def url(self, name: str) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}/{name}"

    async def start(self) -> None:
        """Listen, at the same port as before if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, reuse_address=True)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Be away: nothing listens, connections are reset."""
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._writers):
                writer.transport.abort()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort() if writer.is_closing() else writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines if each)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = Request(line.split()[1].strip("/"), headers, body, time.time())
        inbox = self.inboxes[request.path]
        inbox.requests.append(request)
        inbox.verify(request)
        inbox.again += any(
            each.id == request.id and each.answer == "200" and each.ended for each in inbox.requests[:-1]
        )
        request.answer = answer = inbox.behaviour(request)
        self.seen[answer.partition(" ")[0]] += 1
        inbox.under_way.add(reader)
        # One that the other side gave up while this test was busy is under way no longer.
        inbox.most_under_way = max(inbox.most_under_way, sum(not each.at_eof() for each in inbox.under_way))
        try:
            await self._do(answer, inbox, request, reader, writer)
        finally:
            inbox.under_way.discard(reader)
            request.ended = time.time()

    async def _do(
        self, answer: str, inbox: Inbox, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        _, _, what = answer.rpartition("took-")
        if what == "200" or answer.startswith("took-"):
            inbox.take(request)
        status, _, header = what.partition(" ")
        await asyncio.sleep(0.002)
        if reader.at_eof():
            request.answer = f"late {answer}"  # the other side gave up while this test was busy
            return
        match status:
            case "reset":
                writer.transport.abort()
            case "nothing":  # until the other side gives up
                await reader.read()
            case "drip":
                for letter in b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n":
                    writer.write(bytes([letter]))
                    await writer.drain()
                    await asyncio.sleep(0.05)
                    if reader.at_eof():
                        return
            case "garbage":
                writer.write(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
            case _:
                more = f"{header}\r\n" if header else ""
                writer.write(f"HTTP/1.1 {status} Said\r\n{more}Content-Length: 0\r\n\r\n".encode())
        await writer.drain()
