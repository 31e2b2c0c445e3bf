"""Who may write, and see what endpoints were sent: whoever bears the token."""

import hmac

from aiohttp import web

from streams.web.errors import refusal

_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def denied(request: web.Request, token: str) -> web.Response | None:
    """The refusal of a request without the right token; None: it may. Without a token set, nobody may."""
    if not token:
        what = f"{request.method} {request.path}"
        return refusal(403, f"{what} is closed: set TOCSIN_TOKEN (or TOCSIN_TOKEN_FILE) where `tocsin serve` runs")
    given = request.headers.get("Authorization", "")
    # In bytes, for compare_digest refuses text beyond ASCII; and the whole header, so that its form leaks no more.
    if hmac.compare_digest(given.encode(errors="surrogateescape"), f"Bearer {token}".encode()):
        return None
    return refusal(401, "expected the header `Authorization: Bearer TOKEN` with the right token", _CHALLENGE)
