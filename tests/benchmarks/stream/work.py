"""What the peers share: their orders, the same decoding and matching as the worker's, and how far they have come.

A contestant is a process of its own. It is told its `Task` as a file, and keeps its count in a few bytes of another
one, which the benchmark reads beside it: counting costs a contestant next to nothing and no round trip.
"""

import mmap
import os
import struct
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from schemas import Post, TrackedEvent
from schemas.codec import decode_post, decode_tracked_event, encode
from streams import collector
from streams.matching import Matcher

#: Posts between two notes of how far a contestant is.
NOTED = 500

Counts = Counter[tuple[str, int]]
"""Posts by event id and minute since the epoch."""


class Task(msgspec.Struct, frozen=True):
    """A contestant's orders: where to read (`kafka`: host:port), count (`redis`: a URL) and note its progress.

    `rules` is the file of tracked events, one a line; "": match nothing.
    """

    kafka: str
    redis: str
    topic: str
    group: str
    posts: int
    rules: str
    progress: str


def read_task() -> Task:
    """The task that this process was started with."""
    return msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Task)


def write_rules(path: Path, events: list[TrackedEvent]) -> None:
    """Write the file that `Task.rules` names."""
    path.write_bytes(b"\n".join(map(encode, events)))


class Work:
    """Decoding and matching, with the matcher that the worker has, and its collector's settings."""

    def __init__(self, task: Task) -> None:
        events = [decode_tracked_event(line) for line in Path(task.rules).read_bytes().splitlines()]
        self._matcher = Matcher(events)
        collector.set_aside()  # the rules stay, as in the worker

    def cells(self, raws: Iterable[bytes | None]) -> list[tuple[str, int]]:
        """Where posts count: event id and minute of each event that a post matches."""
        posts = [post for raw in raws if isinstance(post := decode_post(raw), Post)]
        return [
            (hit.event.id, int(post.created_at.timestamp()) // 60)
            for post, hits in zip(posts, self._matcher.match_all(posts), strict=True)
            for hit in hits
            if post.created_at is not None
        ]


def add_counts(pipeline: Any, counts: Counts) -> None:
    """Put the increments into a pipeline of redis-py, one a cell."""
    for (event, minute), n in counts.items():
        pipeline.hincrby(f"count:{event}", str(minute), n)


class Progress:
    """How many posts are done; the whole number stands there only when all that they count is in Redis."""

    def __init__(self, path: Path | str) -> None:
        file = os.open(path, os.O_RDWR | os.O_CREAT)
        os.ftruncate(file, 8)
        self._bytes = mmap.mmap(file, 8)
        os.close(file)

    @property
    def done(self) -> int:
        """The posts done so far."""
        (found,) = struct.unpack("<q", self._bytes)
        return int(found)

    def note(self, done: int) -> None:
        """Note so many."""
        self._bytes[:] = struct.pack("<q", done)
