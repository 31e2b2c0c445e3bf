"""What is sent: a message as the JSON of a webhook, as alerts of Alertmanager's API v2, as a line for Slack. Pure.

The same message gives the same bytes on every attempt, and never more than `MAX_BODY_BYTES`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from msgspec.structs import replace

from schemas import Alert
from schemas.codec import encode
from schemas.delivery import Message

#: Largest body, in bytes.
MAX_BODY_BYTES: Final = 256 * 1024
#: Seconds between two reminders that an alert still fires, and those after which Alertmanager takes it for resolved.
REMIND_EVERY: Final = 60
REMIND_FOR: Final = 300

_SLACK_LINES: Final = 30
_SLACK_TEXT: Final = 300


def webhook(message: Message) -> bytes:
    """The message as JSON (schemas/webhook.schema.json); too large a one loses evidence, least needed first."""
    for fitting in _shrinking(message):
        body = encode(fitting)
        if len(body) <= MAX_BODY_BYTES:
            return body
    raise AssertionError("unreachable: a message without alerts is small")


def _shrinking(message: Message) -> Iterator[Message]:
    yield message
    alerts = message.alerts
    for names in (("samples",), ("offsets",), ("coverage", "claims", "groups", "values")):
        alerts = tuple(replace(each, **{name: type(getattr(each, name))() for name in names}) for each in alerts)
        yield replace(message, alerts=alerts, truncated=True)
    while alerts:
        alerts = alerts[: len(alerts) // 2]
        yield replace(message, alerts=alerts, truncated=True)


def alertmanager(alerts: Sequence[Alert], ends: datetime) -> bytes:
    """Body of POST /api/v2/alerts: what fires does until `ends`, unless it is said again; what doesn't ended."""
    return orjson.dumps([_for_alertmanager(each, ends) for each in alerts])


def until(now: datetime, second: float) -> datetime:
    """When something that fires now ends for Alertmanager, unless it is reminded."""
    return now + timedelta(seconds=REMIND_FOR * second)


def _for_alertmanager(alert: Alert, ends: datetime) -> Mapping[str, Any]:
    links = {"generatorURL": alert.link} if alert.link else {}
    return {
        # Whatever tells two messages of one alert apart would make two alerts of it there.
        "labels": {"alertname": alert.alert, "event": alert.event, "source": "tocsin"},
        "annotations": {
            "summary": _headline(alert),
            "description": _figures(alert),
            "condition": alert.condition,
            "posts": "\n".join(each.url for each in alert.samples if each.url),
        },
        "startsAt": (alert.since or alert.at).isoformat(),
        "endsAt": (alert.at if alert.state == "resolved" else ends).isoformat(),
        **links,
    }


def slack(message: Message) -> bytes:
    """Body of a Slack incoming webhook."""
    lines = [_slack_line(each) for each in message.alerts[:_SLACK_LINES]]
    if len(message.alerts) > _SLACK_LINES:
        lines.append(f"and {len(message.alerts) - _SLACK_LINES} more")
    if message.type == "alerts.grouped":
        lines.insert(0, f"*{len(message.alerts)} alerts within a minute*")
    if message.type == "test":
        lines.insert(0, "A test of Tocsin: no alert rings.")
    return orjson.dumps({"text": "\n".join(lines)})


def _slack_line(alert: Alert) -> str:
    sign = ":rotating_light:" if alert.state == "firing" else ":white_check_mark:"
    words = [f"{sign} *{_plain(_headline(alert))}*", _plain(_figures(alert))]
    words += [f"<{_plain(each.url)}>" for each in alert.samples if each.url]
    if alert.link:
        words.append(f"<{_plain(alert.link)}|graph>")
    return "\n".join(word for word in words if word)


def _headline(alert: Alert) -> str:
    why = "" if alert.reason == "condition" else f" ({alert.reason})"
    return f"{(alert.title or alert.event)[:_SLACK_TEXT]}: {alert.alert} {alert.state}{why}"


def _figures(alert: Alert) -> str:
    said = [f"{alert.condition[:_SLACK_TEXT]} over {alert.window}"]
    said += [f"{name} {value:g}" for name, value in alert.values.items() if value is not None]
    if alert.observed is not None and alert.expected is not None:
        bounds = "" if alert.lower is None or alert.upper is None else f" ({alert.lower:.0f} to {alert.upper:.0f})"
        said.append(f"{alert.observed:.0f} observed, {alert.expected:.0f} expected{bounds}")
    for what, named in (("platforms", alert.coverage), ("claims", alert.claims), ("groups", alert.groups)):
        if named:
            said.append(f"{what}: " + ", ".join(f"{name} {n}" for name, n in list(named.items())[:5]))
    return "; ".join(said)


def _plain(text: str) -> str:
    """Text in which Slack finds no link, mention or markup of whoever wrote it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
