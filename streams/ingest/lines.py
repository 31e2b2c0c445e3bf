"""Lines of a file, plain, gzip or zstd, or of standard input, in bounded memory however long a line is.

Which compression it is, the first bytes say, not the name. Knows nothing of what the lines hold.
"""

import asyncio
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec
import zstandard

from streams.errors import UserError

#: Standard input's name on the command line.
STDIN = Path("-")

#: Bytes (decompressed) that are read at a time.
CHUNK = 1 << 20
#: Compressed bytes that zstd gets at a time: at its worst, four of them become 128 KiB, these 4 MiB.
_ZSTD_CHUNK = 128

_GZIP, _ZSTD, _BOM = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xef\xbb\xbf"
_BROKEN = (EOFError, OSError, zlib.error, zstandard.ZstdError)


class Line(msgspec.Struct, frozen=True, gc=False):
    """One line without its end. `size` is its true length; longer than the limit, `data` holds only its beginning."""

    number: int
    data: bytes
    size: int


class _Readable(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class Lines:
    """The lines of one input that are not blank, a chunk at a time. Use as a context manager."""

    def __init__(self, path: Path, limit: int, head: int) -> None:
        """Of a line longer than `limit` bytes the first `head` are kept."""
        self.path = path
        self.name = "stdin" if path == STDIN else path.name
        self.size = path.stat().st_size if path != STDIN and path.is_file() else None
        self._limit = limit
        self._head = head
        self._number = 0
        self._pending = bytearray()
        self._skipped = 0
        self._peeked = b""
        self._ended = False
        self._source: io.BufferedReader | None = None
        self._stream: _Readable | None = None
        self._exits = ExitStack()

    def __enter__(self) -> "Lines":
        try:
            source = sys.stdin.buffer if self.path == STDIN else self._exits.enter_context(self.path.open("rb"))
        except OSError as error:
            raise UserError(f"{self.path}: cannot be opened: {error.strerror}", code=66) from None
        assert isinstance(source, io.BufferedReader)
        self._source = source
        return self

    def __exit__(self, *error: object) -> None:
        self._exits.close()

    @property
    def position(self) -> int:
        """Bytes read of the file as it lies on disk."""
        return self._source.tell() if self._source is not None and self.size is not None else 0

    async def ready(self) -> None:
        """Return when `read` will not wait for whoever writes into the pipe."""
        if self._source is None or self.size is not None:
            return
        loop = asyncio.get_running_loop()
        readable = loop.create_future()
        number = self._source.fileno()
        try:
            loop.add_reader(number, _settle, readable)
        except PermissionError:
            return  # standard input is a regular file
        try:
            await readable
        finally:
            loop.remove_reader(number)

    def read(self) -> list[Line] | None:
        """The lines of the next chunk, maybe none; None at the end. Raises `UserError` naming the file."""
        if self._ended:
            return None
        chunk = self.chunk()
        if chunk:
            return list(self._split(chunk))
        self._ended = True
        return list(self._finish()) if self._pending else []

    def chunk(self) -> bytes:
        """The next bytes, for formats that are none of lines; none at the end. Raises `UserError` naming the file."""
        if self._peeked:
            chunk, self._peeked = self._peeked, b""
            return chunk
        try:
            if self._stream is None:
                self._stream = self._decompressed()
            return self._stream.read1(CHUNK)
        except _BROKEN as error:
            reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
            raise UserError(f"{self.path}: cannot be read beyond line {self._number}: {reason}", code=66) from None

    def peek(self) -> bytes:
        """The beginning of what is still to be read, which stays to be read."""
        self._peeked = self.chunk()
        return self._peeked

    def whole(self) -> bytes:
        """All bytes. Raises `UserError` where they are more than the limit of a line."""
        found = bytearray()
        while chunk := self.chunk():
            found += chunk
            if len(found) > self._limit:
                raise UserError(f"{self.path}: more than {self._limit} bytes, too much for one document", code=65)
        return bytes(found)

    def _decompressed(self) -> _Readable:
        source = self._source
        assert source is not None, "not used as a context manager"
        magic = source.peek(4)[:4]
        if magic.startswith(_GZIP):
            return self._exits.enter_context(gzip.GzipFile(fileobj=source))
        if magic.startswith(_ZSTD):
            return _Zstd(source)
        if magic.startswith(_BOM):
            source.read(len(_BOM))
        return source

    def _split(self, chunk: bytes) -> Iterator[Line]:
        first, *parts = chunk.split(b"\n")
        self._grow(first)
        if not parts:
            return
        yield from self._finish()
        rest = parts.pop()
        for number, part in enumerate(parts, self._number + 1):
            data = part.rstrip(b"\r")
            if data and not data.isspace():
                yield Line(number, data, len(data))
        self._number += len(parts)
        self._grow(rest)

    def _grow(self, part: bytes) -> None:
        self._pending += part
        if len(self._pending) > self._limit or self._skipped:
            self._skipped += max(0, len(self._pending) - self._head)
            del self._pending[self._head :]

    def _finish(self) -> Iterator[Line]:
        self._number += 1
        data, size = bytes(self._pending), len(self._pending) + self._skipped
        self._pending.clear()
        self._skipped = 0
        if size == len(data):
            data = data.rstrip(b"\r")
            size = len(data)
        if data and not data.isspace():
            yield Line(self._number, data, size)


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


class _Zstd:
    """Frames one after the other; one that is cut off is an error, where zstandard's own reader is silent."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._rest = b""
        self._frame: zstandard.ZstdDecompressionObj | None = None

    def read1(self, size: int, /) -> bytes:
        """Between one byte and somewhat more than `size`; none at the end."""
        out: list[bytes] = []
        length = 0
        while length < size:
            compressed = self._rest or self._source.read(_ZSTD_CHUNK)
            self._rest = b""
            if not compressed:
                if self._frame is not None:
                    raise EOFError("the compressed data is cut off")
                break
            if self._frame is None:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            out.append(self._frame.decompress(compressed))
            length += len(out[-1])
            if self._frame.eof:
                self._rest = self._frame.unused_data
                self._frame = None
        return b"".join(out)
