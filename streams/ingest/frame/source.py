"""What a platform's module hands the frame: batches of what it heard, and why its connection ended. Only shapes."""

from collections.abc import AsyncGenerator
from typing import Literal, Protocol, TypeAlias

import msgspec

from schemas import Article, ArticleDeletion, Post, PostDeletion, Reason
from streams.ingest.frame.backoff import Schedule

#: Why a connection ended: the network's doing, an answer of the platform's, or its asking us to slow down.
Cause: TypeAlias = Literal["network", "http", "rate"]

Record: TypeAlias = Post | PostDeletion | Article | ArticleDeletion


class Item(msgspec.Struct, frozen=True, gc=False):
    """A record, and when the platform came by it (unix milliseconds; None: just now)."""

    record: Record
    time: int | None = None


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A payload that could not be used; it becomes a dead letter. `detail` is one line without its text."""

    reason: Reason
    detail: str
    raw: bytes


class Opened(msgspec.Struct, frozen=True, gc=False):
    """The first word of a connection: everything from `since` (unix seconds) on is read. None: nothing was missed."""

    since: float | None = None


class Batch(msgspec.Struct, frozen=True, gc=False):
    """What was heard, in order. A batch may be empty: a sign that the platform is there.

    `cursor` is the mark to go on from once all of this is in Kafka (None: as before). `behind` is how many seconds of
    the platform's present are still to be read. `settle`: the source is asked for more only once all of it is in Kafka,
    for a platform that forgets what it has been asked to go on from.
    """

    items: tuple[Item, ...] = ()
    refused: tuple[Refusal, ...] = ()
    cursor: str | None = None
    behind: float = 0.0
    settle: bool = False


class Lost(Exception):
    """The connection ended. `wait`: seconds that the platform asked for; None: what the schedule says."""

    def __init__(self, cause: Cause, message: str, wait: float | None = None) -> None:
        super().__init__(" ".join(message.split())[:300])
        self.cause = cause
        self.wait = wait


class Source(Protocol):
    """One platform's connection."""

    @property
    def platform(self) -> str:
        """The platform's slug, as its records have it."""

    @property
    def schedule(self) -> Schedule:
        """How long to wait before connecting again."""

    def stream(self, cursor: str | None) -> AsyncGenerator[Opened | Batch, None]:
        """Connect, go on from the cursor and yield `Opened`, then what is heard, for as long as the connection lasts.

        Raises `Lost` when it ends (`aiohttp.ClientError`, OSError and TimeoutError count as the network's doing), and
        `UserError` where trying again is of no use: a wrong token, an account that is gone. While Kafka is away the
        frame asks for nothing, so what is in memory stays bounded if the source reads only when it is asked.
        """
