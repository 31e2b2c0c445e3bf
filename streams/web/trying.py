"""POST /try: a rule on the last records of the log, for who has a browser and no shell.

Open like everything that only reads, token or not: an editor has none, and who may write should be few. What it costs
is bounded instead: one at a time, a small body, the trial's limits. It asks for JSON, which no page of another
origin can send without asking this server first.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from aiohttp import web
from aiokafka.errors import KafkaError

from schemas import Article, Post
from streams.connections import kafka_refusal
from streams.errors import UserError
from streams.ingest.producing import reason
from streams.ingest.times import to_text
from streams.matching import RuleError
from streams.scans import trial
from streams.scans.trial import Caught, Outcome, Understood
from streams.web.errors import refusal, reply
from streams.web.state import STATE

log = logging.getLogger(__name__)

#: Bytes of a request: a rule has at most 4,096 characters, each of at most twelve bytes as JSON.
MOST = 64 * 1_024
#: Seconds after which Kafka counts as away: reading has its own limit, reaching it takes a few seconds more.
LIMIT = trial.MOST_SECONDS + 10
#: Forms of a lemma that are named.
FORMS = 12


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a request."""

    rule: str
    records: Annotated[int, msgspec.Meta(ge=1, le=trial.RECORDS)] = trial.RECORDS


def endpoint() -> Any:
    """The handler, with the turn that requests wait for."""
    turn = asyncio.Lock()

    async def try_rule(request: web.Request) -> web.Response:
        state = request.app[STATE]
        if request.content_type != "application/json":
            return refusal(415, f"expected the header `Content-Type: application/json`, found {request.content_type}")
        if (request.content_length or 0) > MOST or len(body := await request.content.read(MOST + 1)) > MOST:
            return refusal(413, f"expected at most {MOST} bytes: a rule has at most 4,096 characters")
        try:
            asked = msgspec.json.decode(body, type=Asked)
        except msgspec.DecodeError as error:
            return refusal(400, f'expected {{"rule": "…", "records": {trial.RECORDS}}}: {error}')
        if turn.locked():
            return refusal(
                429, "another rule is being tried: one at a time; try again in a moment", {"Retry-After": "2"}
            )
        async with turn:
            try:
                lists = {
                    name: each
                    for event in (await state.catalog.serving()).values()
                    for name, each in event.lists.items()
                }
                rule = await asyncio.to_thread(trial.understand, asked.rule, lists)
            except RuleError as error:
                place = {"line": error.line, "column": error.column}
                return reply({"error": str(error).removeprefix("match: "), "problem": error.problem, **place}, 400)
            except UserError as error:
                return refusal(503, str(error))
            try:
                async with asyncio.timeout(LIMIT):
                    outcome = await trial.attempt(state.settings, rule.event, asked.records)
            except (KafkaError, OSError, TimeoutError, UserError) as error:
                why = kafka_refusal(error) or (str(error) if isinstance(error, UserError) else reason(error))
                log.warning("A rule could not be tried: %r", error)
                return refusal(503, f"Kafka at {state.settings.kafka} (TOCSIN_KAFKA): {why}")
        return reply({**_understood(rule), **_outcome(outcome)})

    return try_rule


def _understood(rule: Understood) -> Mapping[str, Any]:
    report = rule.report
    assert report.cost is not None
    return {
        "normal": report.normal,
        "terms": report.terms,
        "expanded": report.expanded,
        "estimate": report.share,
        "looked_at": report.cost.looked_at,
        "dearest": report.cost.dearest,
        "lemmas": [
            {
                "lemma": key,
                "forms": each.forms[:FORMS],
                "of": len(each.forms),
                "guessed": each.guessed,
                "related": each.related,
            }
            for key, each in sorted(rule.lemmas.items())
        ],
        "warnings": [each.removeprefix("match: ") for each in rule.warnings],
    }


def _outcome(found: Outcome) -> Mapping[str, Any]:
    return {
        "records": found.records,
        "posts": found.posts,
        "matched": found.matched,
        "share": found.matched / found.posts if found.posts else None,
        "begins": None if found.begins is None else to_text(found.begins),
        "ends": None if found.ends is None else to_text(found.ends),
        "complete": found.complete,
        "samples": [_sample(each) for each in found.samples],
    }


def _sample(caught: Caught) -> Mapping[str, Any]:
    return {**_who(caught.record), "at": to_text(caught.at), "passages": _passages(caught)}


def _who(record: Post | Article) -> Mapping[str, Any]:
    if isinstance(record, Article):
        return {
            "id": record.key,
            "url": record.url,
            "author": record.outlet.domain,
            "platform": "web",
            "kind": record.kind,
        }
    author = record.author.handle
    return {"id": record.key, "url": record.url, "author": author, "platform": record.platform, "kind": record.kind}


def _passages(caught: Caught) -> Sequence[Mapping[str, Any]]:
    return [{"field": each.field, "pieces": each.pieces, "cut": each.cut} for each in caught.passages]
