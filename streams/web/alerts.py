"""GET /alerts: what an endpoint was sent, for a receiver that catches up; and the newest alerts."""

import asyncio

import msgspec
from aiohttp import web
from aiokafka.errors import KafkaError

from schemas.delivery import Message
from streams.alerts.recorded import recent_alerts
from streams.errors import UserError
from streams.web.bearer import denied
from streams.web.errors import refusal, reply
from streams.web.state import STATE

#: Messages of one answer: most, and unless asked otherwise.
MOST, USUAL = 500, 50
#: Seconds in which Kafka has to answer.
ANSWER_LIMIT = 20.0


async def alerts(request: web.Request) -> web.Response:
    """The messages of `endpoint` beyond the sequence `after`, in order, as they were sent; else the newest alerts."""
    state = request.app[STATE]
    endpoint = request.query.get("endpoint")
    refused = None if endpoint is None else denied(request, state.settings.token)
    if refused is not None:
        return refused
    try:
        after = _number(request, "after", 0, 0, 2**53)
        limit = _number(request, "limit", USUAL, 1, MOST)
    except ValueError as error:
        return refusal(400, str(error))
    try:
        async with asyncio.timeout(ANSWER_LIMIT):
            if endpoint is None:
                newest = await recent_alerts(state.settings, limit)
                return reply({"alerts": [msgspec.to_builtins(each) for each in newest]})
            archive = await state.outbox.archive()
            line = archive.book.lines.get(endpoint)
            if line is None:
                return refusal(404, f"no message was ever made for an endpoint {endpoint[:100]!r}")
            wanted = [each for each in sorted(line.entries) if each > after][:limit]
            messages: list[Message] = [await archive.message(line.entries[each].offset) for each in wanted]
    except (KafkaError, OSError, TimeoutError, UserError, LookupError) as error:
        await state.outbox.close()
        told = str(error) if isinstance(error, UserError) else "does not answer"
        return refusal(503, f"Kafka at {state.settings.kafka} (TOCSIN_KAFKA): {told}", {"Retry-After": "5"})
    return reply(
        {
            "endpoint": endpoint,
            "sequence": line.last,
            "delivered": line.progress.reached,
            "kept_from": line.first,
            "messages": [msgspec.to_builtins(each) for each in messages],
        }
    )


def _number(request: web.Request, name: str, usual: int, least: int, most: int) -> int:
    text = request.query.get(name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit() and least <= int(text[:20]) <= most):
        raise ValueError(f"{name}: expected a whole number from {least} to {most}, found {text[:40]!r}")
    return int(text)
