"""What the topic `alerts` carries: one transition of one alert, with its evidence."""

from typing import Literal

from schemas.base import Identifier, Instant, Record, Slug


class Sample(Record, frozen=True, gc=False):
    """A post behind the alert, and where to read it."""

    id: Identifier
    topic: str
    partition: int
    offset: int
    url: str | None = None


class OffsetSpan(Record, frozen=True, gc=False):
    """The records of one partition that span the alert's window: `first` to `last`, both included."""

    topic: str
    partition: int
    first: int
    last: int


class Alert(Record, frozen=True, gc=False):
    """A transition: `state` it moved to, what was observed against what was expected, and the posts behind it."""

    id: Identifier
    event: Slug
    revision: str
    alert: Slug
    state: Literal["firing", "resolved"]
    at: Instant
    window: str
    condition: str
    observed: float | None = None
    expected: float | None = None
    lower: float | None = None
    upper: float | None = None
    score: float | None = None
    coverage: dict[str, int] = {}
    claims: dict[str, int] = {}
    groups: dict[str, int] = {}
    samples: tuple[Sample, ...] = ()
    offsets: tuple[OffsetSpan, ...] = ()
    backfill: bool = False
