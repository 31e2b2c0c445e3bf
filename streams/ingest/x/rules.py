"""The rules of a filtered stream, held to those wanted through X's own endpoint. Only rules with our tag are touched.

Knows neither tracked events nor our language: rules come as X writes them, each with its tag.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import msgspec

from streams.errors import UserError

log = logging.getLogger(__name__)

PATH: Final = "/2/tweets/search/stream/rules"
#: What the tag of each rule of ours begins with; the event's id follows.
TAG: Final = "tocsin:"
#: Rules that are sent at once.
AT_ONCE: Final = 100
#: X's titles of errors that are none here: somebody's rule says the same already; the number of rules is full.
_DUPLICATE, _FULL = "DuplicateRule", "RulesCapExceeded"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in X's language; its tag names the event that it is for."""

    value: str
    tag: str


class Existing(msgspec.Struct, frozen=True, gc=False):
    """A rule as X holds it."""

    id: str
    value: str
    tag: str | None = None


class Endpoint(Protocol):
    """X's API, with the token."""

    async def get(self, path: str) -> Any:
        """The parsed answer."""

    async def post(self, path: str, body: object, **query: str) -> Any:
        """The parsed answer."""


async def synchronise(endpoint: Endpoint, wanted: Collection[Rule]) -> tuple[int, int]:
    """Add what is missing, then delete what is ours and no longer wanted; how many of each.

    What is missing is tried with `dry_run` first: where X refuses a rule nothing changes, and `UserError` names its
    event and X's reason.
    """
    answer = await endpoint.get(PATH)
    existing = msgspec.convert((answer or {}).get("data") or [], list[Existing])
    ours = {Rule(each.value, each.tag): each.id for each in existing if (each.tag or "").startswith(TAG) and each.tag}
    missing = [rule for rule in dict.fromkeys(wanted) if rule not in ours]
    doomed = [identifier for rule, identifier in ours.items() if rule not in set(wanted)]
    if missing:
        await _add(endpoint, missing, dry_run=True)
        if not await _add(endpoint, missing, dry_run=False):
            # There is no room beside the old ones: for a moment neither stands.
            await _delete(endpoint, doomed)
            doomed = []
            if not await _add(endpoint, missing, dry_run=False):
                raise UserError(
                    f"X has no room for {len(missing)} more rules: track fewer events, or ask X for more", code=76
                )
    await _delete(endpoint, doomed)
    if missing or doomed:
        log.info("X's rules: %d added, %d deleted", len(missing), len(doomed))
    return len(missing), len(doomed)


async def _add(endpoint: Endpoint, rules: Sequence[Rule], *, dry_run: bool) -> bool:
    """Whether there was room for them. Raises `UserError` for one that X refuses."""
    for start in range(0, len(rules), AT_ONCE):
        some = rules[start : start + AT_ONCE]
        body = {"add": [{"value": rule.value, "tag": rule.tag} for rule in some]}
        answer = await (endpoint.post(PATH, body, dry_run="true") if dry_run else endpoint.post(PATH, body))
        for error in (answer or {}).get("errors") or ():
            title = str(error.get("title", ""))
            if title == _FULL:
                return dry_run
            if title == _DUPLICATE:
                continue
            value = str(error.get("value", ""))
            tag = next((rule.tag for rule in some if rule.value == value), some[0].tag)
            told = "; ".join(map(str, error.get("details") or [error.get("detail", title)]))
            raise UserError(f"X refuses the rule of the event {tag.removeprefix(TAG)!r}: {told[:300]}", code=76)
    return True


async def _delete(endpoint: Endpoint, identifiers: Sequence[str]) -> None:
    for start in range(0, len(identifiers), AT_ONCE):
        await endpoint.post(PATH, {"delete": {"ids": list(identifiers[start : start + AT_ONCE])}})
