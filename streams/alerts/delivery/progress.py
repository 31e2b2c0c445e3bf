"""How an endpoint's progress moves: an attempt begins, succeeds, fails, or a person asks for another. Pure."""

from datetime import datetime

from msgspec.structs import replace

from schemas.delivery import Message, Progress, Redelivery
from streams.alerts.delivery import schedule
from streams.alerts.delivery.schedule import Pace


def begun(progress: Progress, now: datetime) -> Progress:
    """An attempt at the next message begins: written before it is made, so that it is known of after a crash."""
    return replace(progress, attempts=progress.attempts + 1, attempted_at=now)


def succeeded(progress: Progress, message: Message, remind: bool) -> Progress:
    """The next message, this one, was delivered. `remind`: note what fires and what no longer does."""
    firing = dict(progress.firing)
    for each in message.alerts if remind else ():
        if each.state == "firing":
            firing[f"{each.event}/{each.alert}"] = message.sequence
        else:
            firing.pop(f"{each.event}/{each.alert}", None)
    return Progress(
        endpoint=progress.endpoint, delivered=message.sequence, reached=max(progress.reached, message.sequence),
        firing=firing, asked=progress.asked,
    )  # fmt: skip


def failed(progress: Progress, now: datetime, asked_wait: float | None, chance: float, pace: Pace) -> Progress:
    """The attempt failed; the receiver asked for so many seconds, if any. After days of that the endpoint is disabled.

    An attempt made before it was due uses up none of the schedule.
    """
    since = progress.failing_since or now
    if now - since >= pace.span(schedule.GIVE_UP):
        return replace(progress, failing_since=since, disabled="failing", next_at=None)
    tried, due = progress.attempted_at, progress.next_at
    if tried is not None and due is not None and tried < due and asked_wait is None:
        return replace(progress, failing_since=since)
    seconds = schedule.wait(progress.retries, chance) if asked_wait is None else asked_wait
    return replace(
        progress, failing_since=since, retries=progress.retries + 1, next_at=now + pace.span(seconds),
        held=asked_wait is not None,
    )  # fmt: skip


def gone(progress: Progress, now: datetime) -> Progress:
    """The receiver said that it is no more."""
    return replace(progress, failing_since=progress.failing_since or now, disabled="gone", next_at=None)


def asked(progress: Progress, redelivery: Redelivery, first: int) -> Progress:
    """A person asked to try again; `first` is the lowest sequence that is still kept."""
    after = progress.delivered if redelivery.after is None else min(redelivery.after, progress.delivered)
    return Progress(
        endpoint=progress.endpoint, delivered=min(max(after, first - 1), progress.delivered), reached=progress.reached,
        firing=progress.firing, asked=redelivery.at,
    )  # fmt: skip
