"""`tocsin match`: rules against a file, offline: what they would catch before anything is tracked."""

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from schemas import Article, ArticleDeletion, Post, PostDeletion, TrackedEvent
from schemas.codec import Unusable, decode_article, decode_post
from streams.errors import UserError
from streams.ingest.lines import Line, Lines
from streams.ingest.records import examine
from streams.ingest.shape import FIRST, is_ndjson, mistake
from streams.matching import Matcher, check_event, seal
from streams.tracking.files import draft_of_rule, read_drafts

#: Longest line in bytes; an article's longest texts, every character escaped, stay below it.
LONGEST = 32 * 1024 * 1024

#: Keys that X's payloads have, and our records don't.
_OF_X = re.compile(rb'"(?:id_str|includes|author_id|edit_history_tweet_ids|postedTime)":')

_encode = msgspec.json.Encoder().encode


@click.command("match")
@click.option(
    "--events", type=click.Path(path_type=Path), multiple=True, help="Event file, or folder of them; may be repeated."
)
@click.option("--rule", help="One rule instead of event files; its matches are named `rule`.")
@click.option(
    "--lists",
    type=click.Path(path_type=Path),
    help="Folder of account lists (NAME.txt). Default: `lists` beside each event file's folder, or in it.",
)
@click.option("--matched", is_flag=True, help="Print only records that match an event.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_context
def command(
    context: click.Context,
    events: tuple[Path, ...],
    rule: str | None,
    lists: Path | None,
    matched: bool,
    files: tuple[Path, ...],
) -> None:
    """Match FILES of posts or articles, without Kafka or Redis.

    \b
    tocsin match --rule 'near(2, lay, arms)' posts.ndjson
    tocsin match --events seeds/events --matched posts.ndjson.gz | jq '.events[].spans'
    tocsin convert x stream.ndjson | tocsin match --events kursk.yaml -

    FILES are NDJSON, plain, gzip or zstd; `-` is standard input. Each record becomes one line of JSON, in order, with
    the events that it matches, their claims and groups, and the words that made it. A line that is no record is named
    on standard error; the exit code is 1 then. A file of which none of the first 20 lines is JSON is refused. A record
    from before an event's `since` does not match it. How many records there were and how many matched is said on
    standard error at the end.
    """
    matching = Offline(_events(events, rule, lists), matched)
    out = sys.stdout.buffer
    for path in files:
        with Lines(path, LONGEST, 256) as lines:
            for read in _slices(path, lines):
                out.write(b"".join(matching.line(lines.name, line) for line in read))
                out.flush()
    click.echo(f"tocsin: {matching.matched:,} of {matching.records:,} records matched", err=True)
    if matching.early:
        click.echo(
            f"tocsin: {matching.early} matches do not count: the records are from before their event's `since`",
            err=True,
        )
    context.exit(1 if matching.bad else 0)


class Offline:
    """Lines in, lines out. `bad` counts those that are no record, `early` matches from before an event's `since`."""

    def __init__(self, events: Sequence[TrackedEvent], only_matched: bool = False) -> None:
        self.records = 0
        self.matched = 0
        self.bad = 0
        self.early = 0
        self._only_matched = only_matched
        self._matcher = Matcher(events)
        self._has_since = any(event.since for event in events)

    def line(self, source: str, line: Line) -> bytes:
        """What the record of this line matches, as a line; nothing, but one on standard error, if it is none."""
        try:
            if line.size > len(line.data):
                raise ValueError(f"a line of {line.size} bytes, expected at most {LONGEST}")
            record = decode(line.data)
        except (Unusable, ValueError) as error:
            self.bad += 1
            hint = "; a payload of X's API? `tocsin convert x` makes posts of it" if _OF_X.search(line.data) else ""
            click.echo(f"{source}:{line.number}: {error}{hint}", err=True)
            return b""
        matches = self._matches(record)
        self.records += 1
        self.matched += bool(matches)
        if self._only_matched and not matches:
            return b""
        return _encode({"id": record.key, "events": matches}) + b"\n"

    def _matches(self, record: Post | PostDeletion | Article | ArticleDeletion) -> list[dict[str, Any]]:
        if not isinstance(record, Post | Article) or record.op == "delete":
            return []
        hits = self._matcher.match(record)
        if hits and self._has_since:
            at = record.published_at if isinstance(record, Article) else record.created_at
            if at is not None:
                counting = [hit for hit in hits if hit.event.since is None or hit.event.since <= at]
                self.early += len(hits) - len(counting)
                hits = counting
        return [
            {
                "id": hit.event.id,
                "claims": hit.claims,
                "groups": hit.groups,
                "spans": spans,
            }
            for hit, spans in zip(hits, self._matcher.explain(record, hits), strict=True)
        ]


def _slices(path: Path, lines: Lines) -> Iterator[Sequence[Line]]:
    """The lines of a file, some at a time. Raises `UserError` where the first ones show that it is no NDJSON."""
    held: list[Line] = []
    while len(held) < FIRST and not (held and is_ndjson(held)):
        if (read := lines.read()) is None:
            break
        held += read
    if held and not is_ndjson(held):
        raise UserError(mistake(path, held, "tocsin match … -"), code=65)
    yield held
    while (read := lines.read()) is not None:
        yield read


def decode(line: bytes) -> Post | PostDeletion | Article | ArticleDeletion:
    """The record of a line: what names a platform is a post. Raises `Unusable`."""
    decoders: tuple[Callable[[bytes], Post | PostDeletion | Article | ArticleDeletion], ...]
    decoders = (decode_post, decode_article) if b'"platform"' in line else (decode_article, decode_post)
    try:
        return decoders[0](line)
    except Unusable:
        # The guess was wrong, or the record is: a closer look decides of which kind it is meant to be.
        kind = examine(line, None, "posts", 0).kind
        return decode_post(line) if kind == "posts" else decode_article(line)


def _events(paths: tuple[Path, ...], rule: str | None, lists: Path | None) -> list[TrackedEvent]:
    if (rule is None) == (not paths):
        raise UserError("expected either --events PATH or --rule RULE: `tocsin match --help`")
    drafts = read_drafts(paths, lists) if rule is None else [draft_of_rule(rule, lists)]
    if rule is not None:
        for warning in check_event(drafts[0]):
            click.echo(f"tocsin: --rule: {warning}", err=True)
    now = datetime.now(UTC)
    return [seal(draft, now) for draft in drafts]
