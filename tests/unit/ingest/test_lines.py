"""A file's lines come out as they are, whatever it is packed in, in bounded memory."""

import asyncio
import gzip
import os
import tracemalloc
from pathlib import Path

import pytest
import zstandard

from streams.errors import UserError
from streams.ingest.lines import CHUNK, Line, Lines

LIMIT, HEAD = 1 << 20, 1 << 10


def read_all(path: Path, limit: int = LIMIT, head: int = HEAD) -> list[Line]:
    found = []
    with Lines(path, limit, head) as lines:
        while (chunk := lines.read()) is not None:
            found += chunk
    return found


TEXT = b'{"a":1}\n\n  \n{"b":"\xc3\xa9"}\r\n{"c":3}'


@pytest.mark.parametrize(
    "packed",
    [
        TEXT,
        b"\xef\xbb\xbf" + TEXT,
        gzip.compress(TEXT),
        gzip.compress(TEXT[:9]) + gzip.compress(TEXT[9:]),
        zstandard.compress(TEXT),
        zstandard.compress(TEXT[:9]) + zstandard.compress(TEXT[9:]),
    ],
    ids=["plain", "byte order mark", "gzip", "two gzip members", "zstd", "two zstd frames"],
)
def test_lines_are_the_same_however_packed(tmp_path: Path, packed: bytes) -> None:
    """Blank lines are left out but numbered, line ends of both kinds go, the last line needs none."""
    path = tmp_path / "whatever.its.name"
    path.write_bytes(packed)
    assert [(line.number, line.data) for line in read_all(path)] == [
        (1, b'{"a":1}'),
        (4, '{"b":"é"}'.encode()),
        (5, b'{"c":3}'),
    ]


def test_a_line_over_chunk_borders_is_whole(tmp_path: Path) -> None:
    lines = [b"x" * n for n in (CHUNK - 1, 5, CHUNK, 3)]
    path = tmp_path / "long"
    path.write_bytes(b"\n".join(lines))
    assert [line.data for line in read_all(path, 2 * CHUNK)] == lines


def test_of_a_line_beyond_the_limit_the_head_and_the_size_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"a\n" + b"x" * 5_000_000 + b"\nb\n" + b"y" * 5_000_000)
    assert [(line.number, len(line.data), line.size) for line in read_all(path)] == [
        (1, 1, 1),
        (2, HEAD, 5_000_000),
        (3, 1, 1),
        (4, HEAD, 5_000_000),
    ]


def test_a_hundred_megabyte_line_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zst"
    path.write_bytes(zstandard.compress(b"x" * 100_000_000 + b"\nend"))
    tracemalloc.start()
    try:
        assert [line.size for line in read_all(path)] == [100_000_000, 3]
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_file_that_was_cut_off_is_an_error_not_its_end(tmp_path: Path, pack: type) -> None:
    path = tmp_path / "cut"
    path.write_bytes(pack(os.urandom(3_000).hex().encode() + b"\n")[:-10])
    with pytest.raises(UserError, match=r"cut: cannot be read beyond line \d"):
        read_all(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing: cannot be opened: No such file"):
        read_all(tmp_path / "missing")


async def test_a_pipe_gives_what_it_has_without_waiting_for_more(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)
    with Lines(path, LIMIT, HEAD) as lines:
        os.write(writer, b'{"a":1}\n{"b"')
        await asyncio.wait_for(lines.ready(), 60)
        assert [line.data for line in lines.read() or []] == [b'{"a":1}']
        waiting = asyncio.create_task(lines.ready())
        await asyncio.sleep(0)
        assert not waiting.done()
        os.write(writer, b":2}\n")
        await asyncio.wait_for(waiting, 60)
        assert [line.data for line in lines.read() or []] == [b'{"b":2}']
        os.close(writer)
