"""What the topic `alerts` carries: one transition of one alert, with its evidence."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Identifier, Instant, Record, Short, Slug

Reason = Literal["condition", "revision", "behind", "caught-up", "removed", "changed"]


class Sample(Record, frozen=True, gc=False):
    """A post behind the alert, and where to read it; `copies` posts of the window have its text.

    What lies behind `offset` is the whole post. `text` is its beginning, missing where the log could not be asked.
    """

    id: Identifier
    topic: str
    partition: int
    offset: int
    url: str | None = None
    platform: str | None = None
    author: str | None = None
    at: Instant | None = None
    text: Annotated[str, Meta(max_length=500)] | None = None
    claims: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    copies: int = 1


class OffsetSpan(Record, frozen=True, gc=False):
    """The records of one partition that span the alert's window: `first` to `last`, both included."""

    topic: str
    partition: int
    first: int
    last: int


class Alert(Record, frozen=True, gc=False):
    """A transition: `state` it moved to, why, what was observed against what was expected, and the posts behind it.

    `id` is the same however often this transition is published, and no other transition's; `transition` counts them
    up for each alert. `at` is the instant at which it was judged, `since` that from which the condition held (of a
    `resolved`: at which it began to ring).

    Reasons of `firing`: `condition` (it holds); `revision` (by a new revision's counts, which were made from the log,
    it held already when that was applied) and `behind` (the log was read far behind), both with `backfill` set;
    `caught-up` (it still holds, now that the log is read to its end: the live form of a `behind`). Of `resolved`:
    `condition` (it holds no longer), `removed` (its event is tracked no longer), `changed` (the alert was changed or
    taken out). A `resolved` has the `backfill` of the `firing` that it ends.

    `values` are what each function of the condition came to; `posts`, `authors`, `texts` and `coverage` (posts by
    platform), `claims` and `groups` (the busiest, posts by name) are of the window that ends at `at`. `observed`,
    `expected`, `lower`, `upper` and `score` are the burst model's last judgement, of a span of its own. `link` leads to
    the event's Grafana panel; `notify` are the endpoints that the event named.
    """

    id: Identifier
    event: Slug
    revision: str
    alert: Slug
    state: Literal["firing", "resolved"]
    at: Instant
    window: str
    condition: str
    title: str = ""
    reason: Reason = "condition"
    transition: int = 0
    since: Instant | None = None
    values: dict[str, float | None] = {}
    observed: float | None = None
    expected: float | None = None
    lower: float | None = None
    upper: float | None = None
    score: float | None = None
    posts: int | None = None
    authors: int | None = None
    texts: int | None = None
    coverage: dict[str, int] = {}
    claims: dict[str, int] = {}
    groups: dict[str, int] = {}
    samples: tuple[Sample, ...] = ()
    offsets: tuple[OffsetSpan, ...] = ()
    link: Short | None = None
    notify: tuple[Slug, ...] = ()
    backfill: bool = False
