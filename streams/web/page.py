"""The page at `/` for who has no Grafana: one static file, and the charting library beside it.

Owns how they are sent: from memory, with a policy under which nothing runs or loads but what is written there.
"""

import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from aiohttp import web
from aiohttp.typedefs import Handler

PAGE = files("streams.web").joinpath("index.html")
VENDOR = files("streams.web").joinpath("vendor")
#: What the page asks for beside itself, and its type.
VENDORED = {"uPlot.iife.min.js": "text/javascript", "uPlot.min.css": "text/css"}


def routes() -> list[web.RouteDef]:
    """`/`, and `/vendor/NAME`."""
    html = PAGE.read_text(encoding="utf-8")
    headers = {"Content-Security-Policy": policy(html), "Referrer-Policy": "no-referrer"}
    found = [web.get("/", _answer(html.encode(), "text/html", headers))]
    for name, content_type in VENDORED.items():
        found.append(web.get(f"/vendor/{name}", _answer(VENDOR.joinpath(name).read_bytes(), content_type, {})))
    return found


def policy(html: str) -> str:
    """The Content-Security-Policy of a page: its own script and style, by their hashes, and this server, no more."""
    scripts, styles = ([_hash(each) for each in _inside(tag, html)] for tag in ("script", "style"))
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", *scripts]),
        "style-src": " ".join(["'self'", *styles]),
        "img-src": "data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _inside(tag: str, html: str) -> list[str]:
    """What stands between the tags of this name that have anything between them."""
    return [each for each in re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", html, re.DOTALL) if each]


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _answer(body: bytes, content_type: str, headers: dict[str, str]) -> Handler:
    tag = sha256(body).hexdigest()[:32]
    sent = {**headers, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}

    async def answer(request: web.Request) -> web.Response:
        known = any(each.value == tag for each in request.if_none_match or ())
        response = (
            web.Response(status=304, headers=sent)
            if known
            else web.Response(body=body, content_type=content_type, charset="utf-8", headers=sent)
        )
        response.etag = tag
        return response

    return answer
