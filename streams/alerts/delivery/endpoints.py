"""Endpoints: who is told of alerts, as a YAML text describes them.

A mapping of names, each with url, secrets and what else the type takes. No secret stands in an error or a
representation, and a Slack address is one. Knows files only where a secret is to be read from one.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, NoReturn, cast, get_args
from urllib.parse import urlsplit

import yaml

from streams.internet import AddressRefused, check_literal
from streams.matching.events import yaml_source
from streams.matching.events.yaml_source import Value
from streams.matching.language.errors import EventFileError

Type = Literal["webhook", "alertmanager", "slack"]

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
KEYS: Final = frozenset({"url", "secrets", "type", "events", "rate", "allow_http", "allow_private", "backfill"})
#: Bytes of a secret, as Standard Webhooks wants them.
_SECRET_BYTES: Final = range(24, 65)
#: Most messages a minute, where an endpoint says nothing.
_RATE: Final = 60
#: What an error quotes of the file, and what of it may be part of a secret or of an address that is one.
_QUOTED: Final = re.compile("'[^']*'")
_TELLING: Final = re.compile(r"whsec_|://|[A-Za-z0-9+/=_-]{20,}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One receiver. `events` None: the events whose `notify` names it; `rate`: most requests a minute."""

    name: str
    type: Type
    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Each signs every message, in this order, so that a receiver may know the old one or the new."""
    events: frozenset[str] | None = None
    rate: int = _RATE
    allow_http: bool = False
    allow_private: bool = False
    backfill: bool = False
    """Whether it is told of alerts that a back-fill found in the past."""

    @property
    def place(self) -> str:
        """Where it is, for logs: no path, which may be a secret, and no password."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def wants(self, event: str, notify: tuple[str, ...], backfill: bool) -> bool:
        """Whether an alert of this event, which names these endpoints, is for it."""
        named = self.name in notify if self.events is None else event in self.events
        return named and (self.backfill or not backfill)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """All endpoints by name, and the files that their secrets were read from."""

    by_name: dict[str, Endpoint]
    files: tuple[Path, ...]


def parse(text: str, source: str, folder: Path) -> Endpoints:
    """The endpoints of a YAML text; files it names lie in `folder`, unless the path is a whole one.

    Raises `EventFileError`: `source:line:column: what was found, what was expected`.
    """
    if not text.strip() or re.fullmatch(r"\s*(#.*\s*)*", text):
        return Endpoints({}, ())
    try:
        reading = _Reading(folder)
        document = yaml_source.read(text, source, "endpoints by name")
        endpoints = dict(reading.endpoints(document))
    except EventFileError as error:
        raise EventFileError(error.source, error.line, error.column, _QUOTED.sub(_hidden, error.problem)) from None
    return Endpoints(endpoints, tuple(reading.files))


def _hidden(quoted: re.Match[str]) -> str:
    return "something (not shown: it may be a secret)" if _TELLING.search(quoted[0]) else quoted[0]


class _Reading:
    def __init__(self, folder: Path) -> None:
        self.files: list[Path] = []
        self._folder = folder

    def endpoints(self, document: Value) -> Iterator[tuple[str, Endpoint]]:
        for name, value in document.mapping("endpoints by name").items():
            if not _SLUG.fullmatch(name):
                value.fail_at_key(f"found the name '{name[:40]}', expected a-z, 0-9, - and _, at most 64")
            yield name, self._endpoint(name, value)

    def _endpoint(self, name: str, value: Value) -> Endpoint:
        found = value.mapping("url, secrets and so on", KEYS)
        kind = cast(Type, _choice(found["type"], get_args(Type))) if "type" in found else "webhook"
        allow_http, allow_private, backfill = (
            each in found and _yes(found[each]) for each in ("allow_http", "allow_private", "backfill")
        )
        if "url" not in found:
            value.fail_at_key(f"found no url for {name}, expected url: https://…")
        url = self._url(found["url"], allow_http, allow_private)
        if kind == "webhook" and "secrets" not in found:
            value.fail_at_key(f"found no secrets for {name}, expected a list of whsec_… or of file: PATH; "
                              "`tocsin alerts secret` makes one")  # fmt: skip
        if kind != "webhook" and "secrets" in found:
            found["secrets"].fail_at_key(f"found secrets, which type {kind} has no use for, expected none; remove them")
        secrets = tuple(self._secrets(found["secrets"])) if "secrets" in found else ()
        events = frozenset(_names(found["events"])) if "events" in found else None
        rate = _number(found["rate"]) if "rate" in found else _RATE
        return Endpoint(name, kind, url, secrets, events, rate, allow_http, allow_private, backfill)

    def _url(self, value: Value, allow_http: bool, allow_private: bool) -> str:
        text = self._text(value, "an address")
        try:
            parts = urlsplit(text)
            host, _ = parts.hostname, parts.port
        except ValueError:
            host, parts = None, urlsplit("")
        if parts.scheme not in ("http", "https") or not host or not text.isascii() or re.search(r"\s", text):
            value.fail("found no address of HTTP (not shown), expected https://HOST/PATH")
        if parts.scheme == "http" and not allow_http:
            value.fail("found http://, in which anybody on the way reads along, expected https://; "
                       "if it is meant, add allow_http: true")  # fmt: skip
        try:
            if not allow_private:
                check_literal("127.0.0.1" if host == "localhost" or host.endswith(".localhost") else host)
        except AddressRefused:
            value.fail(f"found the private address {host}, expected a public one; if it is meant, "
                       "add allow_private: true")  # fmt: skip
        return text

    def _secrets(self, value: Value) -> Iterator[str]:
        if not isinstance(value.node, yaml.SequenceNode) or not value.node.value:
            value.fail("found no list (what was found is not shown), expected a list of whsec_… or of file: PATH")
        for each in value.items("a list"):
            secret = self._text(each, "a secret")
            try:
                coded = secret.removeprefix("whsec_")
                size = len(base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True))  # some leave the = out
            except (binascii.Error, ValueError):
                size = 0
            if not secret.startswith("whsec_") or size not in _SECRET_BYTES:
                each.fail("found a secret of another form (not shown), expected whsec_ and 24 to 64 bytes in base64; "
                          "`tocsin alerts secret` makes one")  # fmt: skip
            yield secret

    def _text(self, value: Value, what: str) -> str:
        """The value, or the content of the file that it names."""
        if isinstance(value.node, yaml.ScalarNode):
            return value.text(what).strip()
        named = value.mapping(f"{what}, or file: PATH", frozenset({"file"}))
        if "file" not in named:
            value.fail(f"found nothing, expected {what}, or file: PATH")
        path = self._folder / named["file"].text("a path").strip()
        self.files.append(path)
        try:
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else "not text in UTF-8"
            named["file"].fail(f"found a file that cannot be read ({why.lower()}), expected one with {what}")
        if not text:
            named["file"].fail(f"found an empty file, expected one with {what}")
        return text


def _choice(value: Value, choices: tuple[str, ...]) -> str:
    text = value.text("a type")
    if text not in choices:
        _expected(value, text, f"{', '.join(choices[:-1])} or {choices[-1]}")
    return text


def _yes(value: Value) -> bool:
    text = value.text("true or false")
    if text not in ("true", "false"):
        _expected(value, text, "true or false")
    return text == "true"


def _number(value: Value) -> int:
    text = value.text("a number of requests a minute")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= 6_000):
        _expected(value, text, "a number of requests a minute, from 1 to 6000")
    return int(text)


def _names(value: Value) -> Iterator[str]:
    for each in value.items("a list of events"):
        text = each.text("an event's id")
        if not _SLUG.fullmatch(text):
            _expected(each, text, "an event's id")
        yield text


def _expected(value: Value, found: str, expected: str) -> NoReturn:
    value.fail(f"found '{found[:40]}', expected {expected}")
