"""`tocsin match`: rules against a file, offline: what they would catch before anything is tracked."""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from schemas import Article, ArticleDeletion, Post, PostDeletion, TrackedEvent
from schemas.codec import Unusable, decode_article, decode_post
from streams.errors import UserError
from streams.eventfiles import read_drafts, read_lists
from streams.ingest.lines import Line, Lines
from streams.ingest.records import examine
from streams.lemmas import inflect
from streams.matching import EventDraft, Matcher, RuleError, check_event, expand, seal

#: Longest line in bytes; an article's longest texts, every character escaped, stay below it.
LONGEST = 32 * 1024 * 1024
#: The id under which a bare rule matches.
RULE_ID = "rule"

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
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_context
def command(
    context: click.Context, events: tuple[Path, ...], rule: str | None, lists: Path | None, files: tuple[Path, ...]
) -> None:
    """Match FILES of posts or articles, without Kafka or Redis.

    FILES are NDJSON, plain, gzip or zstd; `-` is standard input. Each record becomes one line of JSON, in order, with
    the events that it matches, their claims and groups, and the words that made it. A line that is no record is named
    on standard error; the exit code is 1 then. A record from before an event's `since` does not match it.
    """
    matching = Offline(_events(events, rule, lists))
    out = sys.stdout.buffer
    for path in files:
        with Lines(path, LONGEST, 256) as lines:
            while (read := lines.read()) is not None:
                out.write(b"".join(matching.line(lines.name, line) for line in read))
                out.flush()
    if matching.early:
        click.echo(
            f"tocsin: {matching.early} matches do not count: the records are from before their event's `since`",
            err=True,
        )
    context.exit(1 if matching.bad else 0)


class Offline:
    """Lines in, lines out. `bad` counts those that are no record, `early` matches from before an event's `since`."""

    def __init__(self, events: Sequence[TrackedEvent]) -> None:
        self.bad = 0
        self.early = 0
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
            click.echo(f"{source}:{line.number}: {error}", err=True)
            return b""
        return _encode({"id": record.key, "events": self._matches(record)}) + b"\n"

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
                "spans": self._matcher.explain(record, hit),
            }
            for hit in hits
        ]


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
    now = datetime.now(UTC)
    if rule is None:
        return [seal(draft, now) for draft in read_drafts(paths, lists)]
    try:
        inflected = expand({"match": rule}, inflect)
        draft = EventDraft(RULE_ID, RULE_ID, rule, lists=read_lists(lists), inflected=inflected)
        for warning in check_event(draft):
            click.echo(f"tocsin: --rule: {warning}", err=True)
    except RuleError as error:
        place = f"line {error.line}, column {error.column}" if error.line > 1 else f"column {error.column}"
        raise UserError(f"--rule: {place}: {error.problem}") from None
    return [seal(draft, now)]
