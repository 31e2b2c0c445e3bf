"""Event and list files: their text to what they say, with every rule checked, and the revision that names it.

Pure: the command line reads the files, finds the lists and brings the instant of application.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from typing import Final

import msgspec
import orjson

from schemas import AlertRule, TrackedEvent
from streams.matching.events import yaml_source
from streams.matching.events.yaml_source import Block, Value
from streams.matching.language.errors import EventFileError, RuleError
from streams.matching.language.inflection import Inflect, Inflected, expand
from streams.matching.language.rulebook import Rulebook
from streams.matching.language.syntax import Reference, walk
from streams.matching.operators import account_or_domain
from streams.matching.version import ENGINE

_KEYS: Final = frozenset({"id", "title", "since", "parts", "match", "claims", "groups", "alerts", "notify"})
_ALERT_KEYS: Final = {
    "name": "lower-case letters, digits, - and _, at most 64",
    "when": "a condition of at most 1,000 characters",
    "window": "1m, 5m, 1h or 24h",
    "for": "a duration such as 90s, 10m, 2h or 1d",
    "cooldown": "a duration such as 90s, 10m, 2h or 1d",
}
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_A_SLUG: Final = "expected lower-case letters, digits, - and _, at most 64"
_A_LIST_FOLDER: Final = "put NAME.txt into `lists` beside the file or its folder, or name the folder with --lists"
_LONGEST_TITLE: Final = 500


@dataclass(frozen=True, slots=True)
class EventDraft:
    """What an event file says, checked: a tracked event without its revision.

    `lists` are those that its rules name, `inflected` their lemmas by key (`surrender/verb`).
    """

    id: str
    title: str
    match: str
    since: datetime | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    claims: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    inflected: Mapping[str, Inflected] = field(default_factory=dict)
    alerts: tuple[AlertRule, ...] = ()
    notify: tuple[str, ...] = ()

    @property
    def forms(self) -> dict[str, tuple[str, ...]]:
        """The forms of each lemma that the rules name."""
        return {key: inflected.forms for key, inflected in self.inflected.items()}


def load_event(text: str, source: str, lists: Mapping[str, Sequence[str]], inflect: Inflect) -> EventDraft:
    """The event of a YAML text. `lists` are the account lists that its rules may name, `inflect` knows word forms.

    Raises `EventFileError`, whose message begins `source:line:column`.
    """
    document = yaml_source.read(text, source)
    entries = document.mapping("a tracked event: id, title, match and so on", _KEYS)
    for key in ("id", "title", "match"):
        if key not in entries:
            document.fail(f"found no key '{key}', expected one; add it")
    blocks = {"match": entries["match"].block()}
    for section in ("parts", "claims", "groups"):
        if section in entries:
            blocks |= _named_blocks(section, entries[section])
    alerts = tuple(_alert(each) for each in entries["alerts"].items("a list of alerts")) if "alerts" in entries else ()
    notify = entries["notify"].items("a list of endpoint names") if "notify" in entries else ()
    draft = EventDraft(
        id=_slug(entries["id"], "an event's id"),
        title=_title(entries["title"]),
        match=blocks["match"].text,
        since=_instant(entries["since"]) if "since" in entries else None,
        parts=_section(blocks, "parts"),
        claims=_section(blocks, "claims"),
        groups=_section(blocks, "groups"),
        lists={name: tuple(accounts) for name, accounts in lists.items()},
        alerts=alerts,
        notify=tuple(_slug(each, "an endpoint's name") for each in notify),
    )
    return _checked(draft, blocks, source, inflect)


def seal(draft: EventDraft, applied_at: datetime) -> TrackedEvent:
    """The tracked event of a draft, under the revision of its content and the instant at which it is applied."""
    unnamed = TrackedEvent(
        id=draft.id,
        title=draft.title,
        revision="0" * 12,
        applied_at=applied_at,
        engine=ENGINE,
        match=draft.match,
        since=draft.since,
        parts=dict(draft.parts),
        claims=dict(draft.claims),
        groups=dict(draft.groups),
        lists=dict(draft.lists),
        forms=draft.forms,
        alerts=draft.alerts,
        notify=draft.notify,
    )
    return renewed(unnamed, applied_at)


def renewed(event: TrackedEvent, applied_at: datetime) -> TrackedEvent:
    """The same event under the revision that it gets by being applied at this instant: its counts start empty."""
    revision = _digest(_content(event), applied_at)[:12]
    return msgspec.structs.replace(event, revision=revision, applied_at=applied_at)


def content_digest(event: TrackedEvent) -> str:
    """32 hex digits that change with whatever decides a match or its classes, and with nothing else."""
    return _digest(_content(event))


def parse_list(text: str, source: str) -> tuple[str, ...]:
    """The entries of an account list: PLATFORM/HANDLE or an outlet's domain a line, `#` begins a comment.

    Raises `EventFileError`.
    """
    found: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        entry = re.sub(r"(^|\s)#.*", "", line).strip()
        if not entry:
            continue
        column = line.index(entry) + 1
        try:
            account_or_domain(entry)
        except ValueError as problem:
            raise EventFileError(source, number, column, f"found '{entry[:60]}', {problem}") from None
        if entry in found:
            raise EventFileError(source, number, column, f"found '{entry}' a second time, expected it once; remove one")
        found.append(entry)
    return tuple(found)


def _content(event: TrackedEvent) -> dict[str, object]:
    return {
        "engine": event.engine,
        "match": event.match,
        "since": event.since.timestamp() if event.since else None,
        "parts": event.parts,
        "claims": event.claims,
        "groups": event.groups,
        "lists": {name: sorted(set(entries)) for name, entries in event.lists.items()},
        "forms": event.forms,
    }


def _digest(content: dict[str, object], applied_at: datetime | None = None) -> str:
    if applied_at is not None:
        content = content | {"applied_at": applied_at.timestamp()}
    return blake2b(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def _checked(draft: EventDraft, blocks: Mapping[str, Block], source: str, inflect: Inflect) -> EventDraft:
    try:
        inflected = expand({name: block.text for name, block in blocks.items()}, inflect)
        draft = replace(draft, inflected=inflected)
        book = Rulebook(draft)
    except RuleError as problem:
        said = problem.problem
        if said.startswith("found the unknown list ") and not draft.lists:
            said = f"{said.removesuffix('; none is defined')}, and no list folder was found; {_A_LIST_FOLDER}"
        if problem.rule in blocks:
            blocks[problem.rule].fail(problem.line, problem.column, f"{problem.rule}: {said}")
        raise EventFileError(source, 1, 1, str(problem)) from None
    used = {
        node.name
        for root in book.nodes.values()
        for node in walk(root)
        if isinstance(node, Reference) and node.kind == "list"
    }
    return replace(draft, lists={name: accounts for name, accounts in draft.lists.items() if name in used})


def _named_blocks(section: str, value: Value) -> dict[str, Block]:
    found = {}
    for name, rule in value.mapping(f"{section} by name").items():
        if not _SLUG.fullmatch(name):
            rule.fail_at_key(f"found the name '{name[:60]}' in {section}, {_A_SLUG}{_as_a_slug(name)}")
        if section == "groups" and name == "other":
            rule.fail_at_key("found a group named 'other', expected another name: it is what fits no group")
        found[f"{section}.{name}"] = rule.block()
    return found


def _section(blocks: Mapping[str, Block], section: str) -> dict[str, str]:
    prefix = f"{section}."
    return {name.removeprefix(prefix): block.text for name, block in blocks.items() if name.startswith(prefix)}


def _slug(value: Value, what: str) -> str:
    slug = value.text(what)
    if not _SLUG.fullmatch(slug):
        value.fail(f"found '{slug[:60]}' as {what}, {_A_SLUG}{_as_a_slug(slug)}")
    return slug


def _as_a_slug(name: str) -> str:
    """What a name might be written as; nothing where no letter of it may stay."""
    letters = unicodedata.normalize("NFKD", name).casefold().encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9_]+", "-", letters).strip("-_")[:64]
    return f"; write {slug}" if slug else ""


def _title(value: Value) -> str:
    title = " ".join(value.free_text("a title").split())
    if len(title) > _LONGEST_TITLE:
        value.fail(f"found a title of {len(title):,} characters, expected at most {_LONGEST_TITLE}")
    return title


def _instant(value: Value) -> datetime:
    written = value.text("an instant")
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        value.fail(f"found '{written[:40]}', expected an instant such as 2025-03-13T00:00:00Z")
    if instant.tzinfo is None:
        day = f"{written}T00:00:00" if re.fullmatch(r"\d{4}-\d\d-\d\d", written) else written
        value.fail(f"found '{written}' without a zone, expected one; write {day}Z for UTC")
    return instant


def _alert(value: Value) -> AlertRule:
    entries = value.mapping("an alert: name, when and so on", frozenset(_ALERT_KEYS))
    for key in ("name", "when"):
        if key not in entries:
            value.fail(f"found an alert without '{key}', expected one; add it")
    texts = {
        key: each.free_text("a condition") if key == "when" else each.text(f"the alert's {key}")
        for key, each in entries.items()
    }
    try:
        return msgspec.convert(texts, AlertRule)
    except msgspec.ValidationError as problem:
        key = next(key for key in entries if f"$.{key}" in str(problem))
        entries[key].fail(f"found '{texts[key][:60]}', expected {_ALERT_KEYS[key]}")
