"""Every refusal and failure as one line of JSON, `{"error": "…"}`; a traceback goes to the log and nowhere else."""

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from streams.connections import REDIS_AWAY, how_away, redis_address
from streams.web.state import STATE

log = logging.getLogger(__name__)


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    body = orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """An error as its one line."""
    return reply({"error": message}, status, headers)


@web.middleware
async def as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what a handler raised into an answer."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
        return refusal(error.status, _explain(error, request), headers)
    except REDIS_AWAY as error:
        settings = request.app[STATE].settings
        log.warning("%r cannot be answered: Redis at %s: %s", request.path, redis_address(settings), how_away(error))
        return refusal(503, f"Redis at {redis_address(settings)} (TOCSIN_REDIS) does not answer")
    except Exception:
        log.exception("%r failed", request.path)
        return refusal(500, "this is a defect of Tocsin: its log says more")


def _explain(error: web.HTTPException, request: web.Request) -> str:
    match error:
        case web.HTTPNotFound():
            return f"no such path: {request.path[:200]}; docs/operations.md lists them"
        case web.HTTPMethodNotAllowed():
            return f"{request.path} takes {' or '.join(sorted(error.allowed_methods))}, not {error.method}"
        case web.HTTPRequestEntityTooLarge():
            return f"the body is larger than {request.client_max_size} bytes: send several"
        case _:
            return error.reason
