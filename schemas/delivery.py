"""What the topic `deliveries` carries: every message to an endpoint, and how far each endpoint has come.

Keys: `ENDPOINT/SEQUENCE` a message; `ENDPOINT` its progress; `ENDPOINT!` what a person asked for; `@alerts` how far the
topic `alerts` was handed out; `@holder` who does it. A message is also the body that a webhook gets.
"""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.alert import Alert
from schemas.base import Identifier, Instant, Record, Short, Slug

Sequence = Annotated[int, Meta(ge=0)]


class Message(Record, frozen=True, gc=False):
    """One message to one endpoint: the body of a webhook.

    `id` is the header webhook-id, the same over all retries. `sequence` counts an endpoint's messages from 1 without
    gaps; a message of type `test` has 0. `alerts` holds one transition, of `alerts.grouped` several without their
    samples and offsets. `truncated`: evidence was left out to keep the body within its bound.
    """

    id: Identifier
    type: Literal["alert.firing", "alert.resolved", "alerts.grouped", "test"]
    endpoint: Slug
    sequence: Sequence
    timestamp: Instant
    alerts: tuple[Alert, ...]
    truncated: bool = False


class Progress(Record, frozen=True, gc=False):
    """How far an endpoint has come: all its messages up to `delivered` are, the next one was tried `attempts` times.

    `retries` is how many waits of the schedule are used up, `next_at` when the next attempt is due (`held`: the
    receiver asked for that wait), `failing_since` the first failure since the last success. `reached` is the highest
    sequence ever delivered. `disabled` says why nothing is tried any more. `firing`: event/alert -> the message that
    rang, for endpoints that want to be reminded. `asked` is when the redelivery begun last was asked for.
    """

    endpoint: Slug
    delivered: Sequence = 0
    reached: Sequence = 0
    attempts: Annotated[int, Meta(ge=0)] = 0
    retries: Annotated[int, Meta(ge=0)] = 0
    attempted_at: Instant | None = None
    next_at: Instant | None = None
    held: bool = False
    failing_since: Instant | None = None
    disabled: Literal["gone", "failing"] | None = None
    firing: dict[str, int] = {}
    asked: Instant | None = None


class Redelivery(Record, frozen=True, gc=False):
    """A person asks to try again now; with `after`, to send all messages beyond that sequence anew."""

    endpoint: Slug
    at: Instant
    after: Sequence | None = None


class Position(Record, frozen=True, gc=False):
    """All records of `alerts` before `offset` were handed out."""

    offset: Annotated[int, Meta(ge=0)]


class Holder(Record, frozen=True, gc=False):
    """The process that delivers from here on."""

    token: Short
    at: Instant
