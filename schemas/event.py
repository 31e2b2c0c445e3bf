"""A tracked event as the compacted topic `tracked-events` carries it: everything that decides a match is inlined."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from schemas.base import Instant, Record, Short, Slug

#: The group of a record that is in none of an event's.
OTHER: Final = "other"

Rule = Annotated[str, Meta(min_length=1, max_length=4_096)]
Duration = Annotated[str, Meta(pattern="^[0-9]+[smhd]$")]


class AlertRule(Record, frozen=True, gc=False, rename={"for_": "for"}):
    """When to ring: a condition, the window it looks at, how long it must hold and how long to keep quiet after."""

    name: Slug
    when: Annotated[str, Meta(min_length=1, max_length=1_000)]
    window: Literal["1m", "5m", "1h", "24h"] = "5m"
    for_: Duration | None = None
    cooldown: Duration | None = None


class TrackedEvent(Record, frozen=True, gc=False):
    """One event under one revision.

    `revision` names the counts: it hashes all that decides a match or its classes (rules, parts, claims, groups,
    since, lists, forms, engine) together with `applied_at`, so that one that returns starts empty.
    """

    id: Slug
    title: Annotated[str, Meta(min_length=1, max_length=500)]
    revision: Annotated[str, Meta(pattern="^[0-9a-f]{12}$")]
    applied_at: Instant
    engine: int
    match: Rule
    since: Instant | None = None
    parts: dict[Slug, Rule] = {}
    claims: dict[Slug, Rule] = {}
    groups: dict[Slug, Rule] = {}
    lists: dict[str, tuple[Short, ...]] = {}
    forms: dict[str, tuple[Short, ...]] = {}
    alerts: tuple[AlertRule, ...] = ()
    notify: tuple[Slug, ...] = ()

    @property
    def tag(self) -> str:
        """`event@revision`: the hash tag of all its keys in Redis."""
        return f"{self.id}@{self.revision}"
