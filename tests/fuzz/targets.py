"""What is fuzzed: each target takes any bytes and fails where something escapes, or where a promise breaks.

A target is plain Python, so that an input can be tried again by hand: `python -m tests.fuzz again TARGET FILE`. Knows
nothing of the fuzzer, which is in `__main__`.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson

from schemas import Article, Post, PostDeletion, Reason
from schemas.codec import Unusable, decode_article, decode_post, decode_tracked_event, encode
from streams.ingest import x
from streams.ingest.http import Refused, UnreadableBody, judge, split
from streams.ingest.records import examine, moved
from streams.ingest.times import Mapping
from streams.lemmas import inflect
from streams.matching import (
    EventFileError,
    Matcher,
    RuleError,
    check_event,
    fingerprint,
    load_event,
    report_event,
    seal,
)
from streams.matching.language.normal import normal
from streams.matching.language.parser import parse
from streams.matching.language.rulebook import Rulebook
from streams.matching.operators import OPERATORS
from tests.unit.matching import reference
from tests.unit.matching.records import event, post

ROOT: Final = Path(__file__).parents[2]
DATA: Final = ROOT.parent / "shared" / "data"
NOW: Final = datetime(2025, 3, 14, tzinfo=UTC)
LATEST: Final = int(NOW.timestamp() * 1_000)
#: Times as they are.
_SAME: Final = Mapping(0, LATEST, LATEST, LATEST)
#: What ends a line or steers a terminal.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def codec(data: bytes) -> None:
    """Bytes of a record: a valid one that comes back from its own encoding, or `Unusable` with a reason on one line."""
    for decode in (decode_post, decode_article):
        try:
            record = decode(data)
        except Unusable as trouble:
            _check_unusable(trouble)
            continue
        assert decode(encode(record)) == record
        json.loads(data.decode(errors="replace"))  # what is taken for JSON is JSON to others too
        if isinstance(record, Post | Article):
            fingerprint(record)
    try:
        tracked = decode_tracked_event(data)
    except Unusable as trouble:
        _check_unusable(trouble)
    else:
        assert decode_tracked_event(encode(tracked)) == tracked


def bodies(data: bytes) -> None:
    """Bytes of a POST body and lines of a file: records one by one, each sent or refused with a reason."""
    for kind in ("posts", "articles"):
        examined = examine(data, kind, "posts", LATEST)
        assert (examined.trouble is None) <= (examined.key is not None)
        moved(examined, _SAME, LATEST)
    try:
        parts = split(data)
    except UnreadableBody as trouble:
        _check_line(str(trouble))
        return
    outcomes = [*judge("posts", parts), *judge("articles", parts)]
    assert len(outcomes) == 2 * len(parts)
    for each in outcomes:
        if isinstance(each, Refused):
            _check_line(each.detail)


def mapping(data: bytes) -> None:
    """A payload of X's: posts that the codec takes again, deletions, what is skipped, or `Unusable`."""
    try:
        payload = orjson.loads(data)
    except orjson.JSONDecodeError:
        return
    for outcome in x.records(payload, 1):
        match outcome:
            case Unusable():
                _check_unusable(outcome)
            case Post() | PostDeletion():
                assert decode_post(encode(outcome)) == outcome
            case _:
                assert isinstance(outcome, x.Skipped)


def rules(data: bytes) -> None:
    """A rule: refused in one line at a column that it has, or one whose normal form means the same."""
    rule = data.decode(errors="ignore")
    try:
        node = parse(rule)
    except RuleError as error:
        _check_line(str(error), error.column, len(rule) + 1)
        return
    written = normal(node)
    assert normal(parse(written)) == written


def matching(data: bytes) -> None:
    """A rule and, after a NUL, a text: the compiled matcher and the slow evaluator agree, and can say why."""
    rule, _, text = data.decode(errors="ignore")[:300].partition("\0")
    tracked = event(rule)
    try:
        check_event(tracked)
    except RuleError:
        return
    record = post(text, handle="nasa", hashtags=("kursk",))
    matcher = Matcher([tracked])
    hits = matcher.match(record)
    assert bool(hits) == reference.matches(Rulebook(tracked), "match", record)
    matcher.explain(record, hits)


def events(data: bytes) -> None:
    """An event file: refused in one line with its place, or an event that comes back from the topic as it went in."""
    try:
        draft = load_event(data.decode(errors="ignore"), "event.yaml", {}, inflect)
    except (EventFileError, RuleError) as error:
        _check_line(str(error))
        return
    report_event(draft)
    sealed = seal(draft, NOW)
    assert decode_tracked_event(encode(sealed)) == sealed
    assert sealed.id.isascii()
    assert sealed.id.replace("-", "").replace("_", "").isalnum()


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "codec": codec, "bodies": bodies, "mapping": mapping, "rules": rules, "matching": matching, "events": events,
}  # fmt: skip


def seeds(target: str) -> Iterator[bytes]:
    """What a target begins with: the project's own files, and the outside payloads where they are."""
    match target:
        case "codec" | "bodies":
            yield from _RECORDS
        case "mapping":
            for folder in ("x-v2-fixtures", "x-v1-fixtures", "gnip-fixtures"):
                for path in sorted((DATA / folder).rglob("*.json")):
                    if path.stat().st_size < 65_536:
                        yield path.read_bytes()
            yield _PAGE
        case "rules":
            yield from (rule.encode() for rule in _RULES)
        case "matching":
            yield from (f"{rule}\0{_TEXT}".encode() for rule in _RULES)
        case _:
            for path in sorted((ROOT / "seeds" / "events").glob("*.yaml")):
                yield path.read_bytes()
            yield _EVENT


def words(target: str) -> list[str]:
    """What a target's inputs are made of, for the fuzzer to put in."""
    if target in ("rules", "matching"):
        more = ("OR", "near(3,", "sentence(", "score(", "lemma:", "part:a", '"', "-(", "kursk", "\u2019", "*", "\0")
        return [*(f"{name}:" for name in OPERATORS), *more]
    if target == "events":
        keys = ("id", "title", "since", "parts", "match", "claims", "groups", "alerts", "notify", "when", "name")
        return [*(f"{key}: " for key in keys), "|\n  ", "list:", "2025-03-13T00:00:00Z", "&a", "*a", "!!str "]
    names = (
        "platform",
        "id",
        "op",
        "version",
        "author",
        "handle",
        "text",
        "created_at",
        "url",
        "outlet",
        "title",
        "links",
        "data",
        "includes",
        "users",
        "referenced_tweets",
        "id_str",
        "full_text",
        "user",
        "entities",
        "delete",
        "errors",
    )
    return [*(f'"{name}":' for name in names), '"create"', '"delete"', "\\u0000", "\\ud800"]


_TEXT = "Kursk: troops surrender, O'Neill's €5 𝕏 п'ять #kursk @nasa 👍🏽"
_RULES = (
    'kursk (surrender OR "lay down") -submarine', "near(3, kursk, (a OR b*))", "=Word #tag @who $A from:nasa lang:uk",
    "sentence(kursk, surrender)", 'score(2, a, b, "c d")', "has:links url:kursk is:reply", "п'ять 👍 =NATO тест*",
    "((a b) OR (c -d)) -(e f)", 'quoted(kursk)', 'bio:"a b" followers_count:10..20', '"a b"~3', "sample:10",
)  # fmt: skip
_PAGE = b'{"data":{"id":"1","text":"a","author_id":"7"},"includes":{"users":[{"id":"7","username":"a"}]}}'
_EVENT = b"id: a\ntitle: A\nmatch: |\n  hello\nclaims:\n  b: |\n    c\nalerts:\n  - {name: d, when: count > 1}\n"
_RECORDS = (
    b'{"platform":"x","id":"1","op":"create","version":0,"author":{"id":"7","handle":"ada"},"text":"hello"}',
    b'{"platform":"x","id":"1","op":"delete","version":5}',
    b'{"platform":"x","id":"1","op":"edit","version":1741910400000,"author":{"id":"7","handle":"ada"},"text":"\\u00e9",'
    b'"created_at":"2025-03-13T10:00:00Z","links":[{"url":"https://a.b/"}],"place":{"box":[1,2,3,4]},"hashtags":["a"]}',
    b'{"url":"https://a.b/1","op":"create","version":0,"outlet":{"domain":"a.b"},"title":"T","body":"B"}',
    b'[{"platform":"x","id":"1","op":"delete","version":5},{"url":"https://a.b/1","op":"delete","version":1}]',
)  # fmt: skip


def _check_unusable(trouble: Unusable) -> None:
    assert isinstance(trouble.reason, Reason)
    assert len(trouble.detail) <= 1_000
    _check_line(trouble.detail)


def _check_line(text: str, column: int = 1, columns: int = 1) -> None:
    """A message that terminals and logs show as one line and nothing else, and a column that the rule has."""
    assert not _CONTROL.search(text), text
    assert 1 <= column <= columns
