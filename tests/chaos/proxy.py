"""A TCP proxy between the system and a server, which can delay, hold back and cut what passes.

Knows bytes and connections; nothing of what they mean. Its port stays when the server behind it changes.
"""

import asyncio
import contextlib

from streams.embedded import HOST, free_port

_CHUNK = 1 << 16


class Proxy:
    """Listens on `port` and passes on to `target`; one event loop's."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = free_port()
        self.delay = 0.0
        """Seconds by which each piece of an answer comes later."""
        self.cuts = 0
        self._open = asyncio.Event()
        self._open.set()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"{HOST}:{self.port}"

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, HOST, self.port)

    async def stop(self) -> None:
        """Listen no more and cut what is open."""
        if self._server is not None:
            self._server.close()
        self.cut()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def hold(self) -> None:
        """Pass nothing on, either way, until `release`; connections stay."""
        self._open.clear()

    def release(self) -> None:
        """Pass on what was held back."""
        self._open.set()

    def cut(self) -> None:
        """Reset every connection; what was not passed on yet is lost."""
        self.cuts += len(self._writers) // 2
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            there, back = await asyncio.open_connection(HOST, self.target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, back}
        self._writers |= both
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await asyncio.gather(self._pass(reader, back, False), self._pass(there, writer, True))
        finally:
            self._writers -= both
            for each in both:
                each.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: bool) -> None:
        while piece := await reader.read(_CHUNK):
            if answers and self.delay:
                await asyncio.sleep(self.delay)
            await self._open.wait()
            if writer.transport.is_closing():
                return
            writer.write(piece)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()
