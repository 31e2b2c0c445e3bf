"""What a text was meant to say, and from it the truth: which events it belongs to, with which claims and groups.

The groups restate in code what the event files say in rules, from the speaker's role in the cast and not the account
lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal[
    "citizen", "state-media", "officials", "osint", "amplifiers", "locals", "skywatchers", "maker", "shops", "press"
]
Meaning = Mapping[str, frozenset[str]]
Truth = dict[str, dict[str, list[str]]]

NOTHING: Meaning = {}
DENIED = "encirclement-denied"
ASSERTED = "encirclement-asserted"


@dataclass(frozen=True)
class Speaker:
    """As much of an author or outlet as decides its groups."""

    role: Role
    platform: str | None
    lang: str | None


def joined(*meanings: Meaning) -> Meaning:
    """Join what several passages of one text mean; a text that reports a denial doesn't assert what it denies."""
    claims: dict[str, frozenset[str]] = {}
    for meaning in meanings:
        for event, said in meaning.items():
            claims[event] = claims.get(event, frozenset()) | said
    return {event: said - {ASSERTED} if DENIED in said else said for event, said in claims.items()}


def truth_of(meaning: Meaning, speaker: Speaker) -> Truth:
    """State where a text belongs."""
    return {
        event: {"claims": sorted(claims), "groups": sorted(_groups(event, speaker)) or ["other"]}
        for event, claims in sorted(meaning.items())
    }


def _groups(event: str, speaker: Speaker) -> set[str]:
    article = speaker.platform is None
    role = speaker.role
    groups: set[str] = set()
    if event == "kursk-surrender-offer":
        groups |= {role} & {"state-media", "officials", "osint", "amplifiers"}
    elif event == "jeddah-truce-proposal":
        groups |= {role} & {"state-media", "officials"}
        if article and not groups:
            groups.add("newsrooms")
    elif event == "kettle-recall":
        groups |= {role} & {"maker", "shops"}
        if article and role != "maker":
            groups.add("press")
    elif event == "arno-flood-alert":
        if role == "locals" or speaker.platform == "telegram":
            groups.add("on-the-ground")
        if article:
            groups.add("press")
    elif event == "blood-moon-eclipse":
        if role == "skywatchers":
            groups.add("astronomers")
        if speaker.lang == "en":
            groups.add("english")
        if speaker.lang in ("ru", "uk"):
            groups.add("cyrillic")
    return groups
