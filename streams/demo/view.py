"""What the demo shows while it runs: a picture of the trends for a terminal, or a line where none is.

Reads the trends through the same model as `tocsin trends` and the API.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from streams.terminal import sparkline
from streams.trends import Catalog, Windows
from streams.trends.overview import Summary, overview

_WINDOWS = ("1m", "5m", "1h")
#: Characters of the curve of the last hour (three minutes each), and of a number.
_CURVE, _NUMBER = 20, 5


@dataclass(frozen=True, slots=True)
class Row:
    """One event: its summary, and its posts of the last hour by claim and by group, busiest first."""

    summary: Summary
    claims: Sequence[tuple[str, int]]
    groups: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Scene:
    """One instant of the demo. `told` is the sample's own time; `note` what the demo does, or has found out."""

    note: str
    told: str
    fed: int
    records: int
    rows: Sequence[Row]


async def rows(catalog: Catalog, windows: Windows, at: int | None) -> list[Row]:
    """Every event that is served, with windows that end at `at` (unix seconds; None: now)."""
    summaries = await overview(catalog, windows, at)
    counts = await windows.many([each.event.tag for each in summaries], ["1h"], at)
    found = []
    for each in summaries:
        hour = counts[each.event.tag].get("1h", {})
        found.append(Row(each, _busiest(hour, "claim:"), _busiest(hour, "group:")))
    return found


def _busiest(counts: Mapping[str, int], start: str) -> list[tuple[str, int]]:
    named = [(name.removeprefix(start), n) for name, n in counts.items() if name.startswith(start)]
    return sorted(named, key=lambda each: (-each[1], each[0]))


def picture(scene: Scene, hints: Sequence[str]) -> RenderableType:
    """The scene for a terminal of 80 columns and 24 lines, or more. Claims, groups and people are of an hour."""
    head = Table.grid(padding=(0, 1), expand=True)
    head.add_column(no_wrap=True)
    head.add_column(ratio=1)
    head.add_column(justify="right", no_wrap=True)
    bar = ProgressBar(total=scene.records, completed=scene.fed)
    head.add_row(Text(scene.told, style="bold"), bar, f"{scene.fed:,} of {scene.records:,} records")
    note = Text(scene.note, style="bold", overflow="fold")
    told = [Text(hint, style="dim", overflow="fold") for hint in hints]
    # Different texts stand beside posts: a thousand copies are one voice.
    titles = _columns("event", "the last hour", *_WINDOWS, "auth.", "texts", style="bold")
    return Panel(Group(head, note, *told, titles, *map(_block, scene.rows)), title="Tocsin", box=box.ROUNDED)


def _block(row: Row) -> RenderableType:
    """Three lines: numbers, claims, groups."""
    summary = row.summary
    numbers = [str(summary.posts.get(window, 0)) for window in _WINDOWS]
    people = [str(each.get("1h", 0)) for each in (summary.authors, summary.texts)]
    name = Text(summary.event.id, style="bold cyan")
    curve = Text(sparkline(summary.series.counts, _CURVE), style="cyan")
    return Group(
        _columns(name, curve, *numbers, *people),
        _names("claims", row.claims, "yellow"),
        _names("groups", row.groups, "green"),
    )


def _columns(*cells: RenderableType, style: str = "") -> Table:
    """One row, whose columns stand under those of every other."""
    grid = Table.grid(padding=(0, 1, 0, 0), expand=True)
    grid.add_column(ratio=1, no_wrap=True, style=style)
    grid.add_column(width=_CURVE, no_wrap=True, style=style)
    for _ in range(len(_WINDOWS) + 2):
        grid.add_column(width=_NUMBER, justify="right", no_wrap=True, style=style)
    grid.add_row(*cells)
    return grid


def _names(what: str, named: Sequence[tuple[str, int]], style: str) -> Text:
    text = Text(f"  {what}: ", style="dim", no_wrap=True, overflow="ellipsis")
    return text.append(", ".join(f"{name} {n}" for name, n in named) or "none", style=style)


def line(scene: Scene) -> str:
    """The scene as one line, for a log."""
    told = [
        f"{row.summary.event.id} 1m {row.summary.posts.get('1m', 0)} 5m {row.summary.posts.get('5m', 0)} "
        f"1h {row.summary.posts.get('1h', 0)}"
        for row in scene.rows
    ]
    head = f"{scene.note}: {scene.fed} of {scene.records} records, {scene.told}"
    return f"{head}; {' | '.join(told)}" if told else head
