"""GET /events/{event}/posts: the posts behind any number, as the log has them."""

import logging
import time
from collections.abc import Mapping, Sequence

from aiohttp import web
from aiokafka.errors import KafkaError

from schemas import TrackedEvent
from schemas.event import OTHER
from streams.errors import UserError
from streams.ingest.times import parse_instant
from streams.trends import WINDOWS, NotKept
from streams.trends.cells import Filter
from streams.web.behind import describe_post, instant
from streams.web.errors import refusal, reply
from streams.web.state import STATE

log = logging.getLogger(__name__)

#: Posts that are read unless `limit` says otherwise, and the most that it may say.
USUAL, MOST = 50, 500
PARAMETERS = ("window", "claim", "group", "platform", "limit", "at")


async def event_posts(request: web.Request) -> web.Response:
    """Those that stand in a window, the latest first, and how many there are."""
    state, query = request.app[STATE], request.query
    event_id = request.match_info["event"]
    event = (await state.catalog.serving()).get(event_id)
    if event is None:
        return refusal(404, f"no tracked event {event_id[:100]!r}; /events lists them")
    try:
        wanted = _filter(event, query)
        window = _one_of("window", query.get("window", "1h"), tuple(WINDOWS))
        limit = _limit(query.get("limit", str(USUAL)))
        at = _instant(query["at"]) if "at" in query else int(time.time())
    except ValueError as error:
        return refusal(400, str(error))
    try:
        found, posts = await state.evidence.posts(event.tag, window, wanted, limit, at)
    except NotKept as error:
        return refusal(410, str(error))
    except (KafkaError, UserError, OSError) as error:
        log.warning("%r cannot be answered: %s", request.path, error)
        said = str(error) if isinstance(error, UserError) else f"Kafka at {state.settings.kafka} (TOCSIN_KAFKA) is away"
        return refusal(503, said)
    return reply(
        {
            "event": event.id,
            "revision": event.revision,
            "window": window,
            "at": instant(at),
            "from": instant(found.first),
            "until": instant(found.end),
            "total": found.total,
            "posts": [describe_post(post) for post in posts],
        }
    )


def _filter(event: TrackedEvent, query: Mapping[str, str]) -> Filter:
    unknown = sorted(set(query) - set(PARAMETERS))
    if unknown:
        raise ValueError(f"no parameter {unknown[0][:40]!r}; there are {', '.join(PARAMETERS)}")
    claim, group = query.get("claim"), query.get("group")
    return Filter(
        None if claim is None else _one_of("claim", claim, tuple(event.claims)),
        None if group is None else _one_of("group", group, (*event.groups, OTHER)),
        query.get("platform"),
    )


def _one_of(name: str, found: str, known: Sequence[str]) -> str:
    if found not in known:
        raise ValueError(f"{name}: expected {', '.join(known) or 'none, as the event has none'}, found {found[:100]!r}")
    return found


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= MOST):
        raise ValueError(f"limit: expected a number from 1 to {MOST}, found {text[:40]!r}")
    return int(text)


def _instant(text: str) -> int:
    try:
        return parse_instant(text) // 1_000
    except ValueError as error:
        raise ValueError(f"at: {error}") from None
