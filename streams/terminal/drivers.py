"""Who drives an event: voices, copies, gains and losses, who came first."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from streams.errors import printable
from streams.evidence import Behind, Shown
from streams.trends.drivers import Part

#: Characters of a text that are shown.
SHOWN = 160
#: The window whose copies and shares are shown: the JSON has all of them.
WINDOW = "24h"


def render_behind(behind: Behind) -> Iterator[RenderableType]:
    """What there is of it, each with a blank line before it."""
    for part in (_voices(behind), _shares(behind.shares.get(WINDOW, {})), _first_seen(behind), _copies(behind)):
        if part is not None:
            yield Text("")
            yield part


def _voices(behind: Behind) -> Table | None:
    if not behind.voices:
        return None
    table = _table("", *behind.voices)
    table.add_row("voices (near-copies are one)", *("?" if n is None else f"{n:,}" for n in behind.voices.values()))
    authors = [behind.authors.get(window) for window in behind.voices]
    table.add_row("share of the top 10 authors", *(_percent(each.top_share if each else None) for each in authors))
    table.add_row("different outlets", *("?" if each is None else f"{each.outlets:,}" for each in authors))
    return table


def _shares(parts: Mapping[str, Part]) -> Table | None:
    if not parts:
        return None
    table = _table(f"share, {WINDOW}", "posts", "share", "before")
    for name, part in sorted(parts.items(), key=lambda each: (each[0].partition(":")[0] == "claim_group", each[0])):
        kind, _, of = name.partition(":")
        shown = of.replace("/", " × ") if kind == "claim_group" else f"{kind} {of}"
        table.add_row(Text(printable(shown)), f"{part.posts:,}", _percent(part.share), _percent(part.share_before))
    return table


def _first_seen(behind: Behind) -> Table | None:
    if not behind.first_seen:
        return None
    table = _table("first seen")
    table.add_column("when", no_wrap=True)
    table.add_column("by", overflow="fold")
    for name, first in behind.first_seen.items():
        by = "no longer kept" if first.post is None else _post(first.post)
        table.add_row(Text(printable(name.replace(":", " "))), _when(first.at), Text(by))
    return table


def _copies(behind: Behind) -> Table | None:
    found = behind.copies.get(WINDOW)
    if not found:
        return None
    table = _table(f"copied most, {WINDOW}", "posts", "authors", "spread")
    table.columns[0].no_wrap = False
    for each, first in found:
        text = f"text {each.text}, no longer in the log" if first.text is None else " ".join(first.text.split())
        words = Text(printable(text[:SHOWN]) + ("…" if len(text) > SHOWN else ""))
        words.append(f"\nfirst {_when(first.at)} by {printable(_post(first))}", style="dim")
        table.add_row(words, f"{each.posts:,}", f"{each.authors:,}", _span(each.spread))
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _post(post: Shown) -> str:
    return printable(f"{post.author} {post.url}" if post.url else post.author)


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _percent(share: float | None) -> str:
    return "?" if share is None else f"{share:.0%}"


def _span(seconds: int) -> str:
    hours, minutes, rest = seconds // 3_600, seconds % 3_600 // 60, seconds % 60
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m {rest:02}s" if minutes else f"{rest}s"
