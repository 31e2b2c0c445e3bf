"""All events at a glance, and one of them in all windows, with its curve."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from streams.errors import printable
from streams.terminal.plots import plot_curve
from streams.trends import WINDOWS
from streams.trends.judgements import Judgement
from streams.trends.overview import Series, Summary, Trend

_BARS = "▁▂▃▄▅▆▇█"
#: Characters of a sparkline; more buckets are drawn together.
SPARKS = 30
#: The overview from wide to narrow: windows, whether it has authors and texts, characters of the curve.
_LAYOUTS = (
    *((tuple(WINDOWS), True, sparks) for sparks in (15, 12, 9, 0)),
    (("5m", "1h", "24h"), False, 0),
    (("1h", "24h"), False, 0),
)
_ANY_WIDTH = 10_000
#: Names of one dimension that are listed.
LISTED = 12


def render_overview(summaries: Sequence[Summary]) -> RenderableType:
    """All events as a table, in the order given."""
    if not summaries:
        return Text("Nothing is counted yet: `tocsin events apply FILE` tracks an event, a running worker counts it.")
    return _Overview(summaries)


class _Overview:
    """The widest of the layouts that a terminal has room for: a number that is cut would be a wrong one."""

    def __init__(self, summaries: Sequence[Summary]) -> None:
        self._summaries = summaries

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        tables = [self._table(*layout) for layout in _LAYOUTS]
        wide = options.update(max_width=_ANY_WIDTH)
        fits = (each for each in tables if console.measure(each, options=wide).maximum <= options.max_width)
        yield next(fits, tables[-1])

    def _table(self, windows: Iterable[str], people: bool, sparks: int) -> Table:
        table = _with_windows("event", windows)
        table.columns[0].no_wrap, table.columns[0].overflow = False, "fold"  # where even the narrowest is too wide
        if people:
            table.add_column("authors", justify="right", no_wrap=True)
            table.add_column("texts", justify="right", no_wrap=True)
            table.caption = "authors, texts: different ones in 24 hours; burst: red while one runs"
            table.caption_justify = "left"
        table.add_column("burst", justify="right", no_wrap=True)
        if sparks:
            table.add_column(f"last {_span(self._summaries[0].series)}", no_wrap=True)
        for each in self._summaries:
            cells: list[Text | str] = [Text(each.event.id) + Text(" (rebuilding)" if each.pending else "", "yellow")]
            cells += [_count(each.posts.get(window)) for window in windows]
            cells += [_count(found.get("24h")) for found in (each.authors, each.texts) if people]
            cells += [_burst(each.judgement)]
            cells += [Text(sparkline(each.series.counts, sparks), style="cyan")] if sparks else []
            table.add_row(*cells)
        return table


def render_trend(found: Trend) -> RenderableType:
    """One event: its windows, dimensions, claims by group, and the busiest of the last 24 hours."""
    summary = found.summary
    at = datetime.fromtimestamp(found.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    parts: list[RenderableType] = [
        Text(printable(summary.event.title), style="bold"),
        Text(f"{summary.event.id}@{summary.event.revision}, {at}", style="dim"),
        Text(f"{sparkline(summary.series.counts)}  last {_span(summary.series)}", style="cyan"),
        _totals(found),
        _judged(summary.judgement),
    ]
    if found.curve is not None and any((*found.curve.posts, *found.curve.expected)):
        parts.append(plot_curve(found.curve, f"last {_span_of(found.curve.step * len(found.curve.posts))}"))
    for dimension in ("claim", "group", "platform", "lang", "kind"):
        if found.members(dimension):
            parts.append(_dimension(found, dimension))
    if found.members("claim_group"):
        parts.append(_claims_by_group(found))
    for title, busiest in (
        ("author, 24h", found.top_authors),
        ("text (fingerprint), 24h", found.top_texts),
        ("linked domain, 24h", found.top_domains),
    ):
        if busiest:
            parts.append(_busiest(title, busiest))
    spaced = [part for each in parts[3:] for part in (Text(""), each)]
    return Group(*parts[:3], *spaced)


def sparkline(counts: Sequence[int], width: int = SPARKS) -> str:
    """One character a bucket, oldest first; more buckets than `width` are added up evenly."""
    per = -(-len(counts) // width)
    sums = [sum(counts[start : start + per]) for start in range(0, len(counts), per)] if per else []
    top = max(sums, default=0)
    if top == 0:
        return _BARS[0] * len(sums)
    return "".join(_BARS[0] if n == 0 else _BARS[max(1, -(-n * (len(_BARS) - 1) // top))] for n in sums)


def _judged(judgement: Judgement | None) -> Text:
    """The judgement in a sentence."""
    if judgement is None:
        return Text("not judged: under a day of its past was seen, or no worker judges", style="dim")
    until = datetime.fromtimestamp(judgement.minute, UTC).strftime("%H:%M UTC")
    expected = f"expected {judgement.expected:,.1f} (95 %: {judgement.lower:,} to {judgement.upper:,})"
    said = Text(f"hour to {until}: {judgement.observed:,} posts seen, {expected}, burst ") + _burst(judgement)
    if judgement.blind:
        return said + Text(", that time is not seen or not counted yet")
    if judgement.detected_at is not None:
        detected = datetime.fromtimestamp(judgement.detected_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
        said += Text(f", detected {detected}")
    return said


def _burst(judgement: Judgement | None) -> Text:
    if judgement is None:
        return Text("-", style="dim")
    if judgement.blind:
        return Text("blind", style="yellow")
    return Text(f"{judgement.burst:.1f}", style="" if judgement.detected_at is None else "bold red")


def _table(first: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(first, no_wrap=True)
    return table


def _totals(found: Trend) -> Table:
    table = _with_windows("")
    summary = found.summary
    table.add_row("posts", *(_count(summary.posts.get(window)) for window in WINDOWS))
    rows: tuple[tuple[str, Mapping[str, int]], ...] = (
        ("different authors", summary.authors),
        ("different texts", summary.texts),
        ("linked domains", summary.domains),
    )
    for name, counts in rows:
        table.add_row(name, *(_count(counts[window]) if window in counts else "" for window in WINDOWS))
    return table


def _dimension(found: Trend, dimension: str) -> Table:
    table = _with_windows({"lang": "language"}.get(dimension, dimension))
    names = found.members(dimension)
    for name in names[:LISTED]:
        table.add_row(Text(printable(name)), *(_of(found, window, f"{dimension}:{name}") for window in WINDOWS))
    if len(names) > LISTED:
        table.add_row(Text(f"and {len(names) - LISTED} more", style="dim"))
    return table


def _claims_by_group(found: Trend) -> Table:
    groups = found.members("group")
    table = _table("claim × group, 24h")
    for group in groups:
        table.add_column(group, justify="right")
    for claim in found.members("claim"):
        table.add_row(Text(claim), *(_of(found, "24h", f"claim_group:{claim}/{group}") for group in groups))
    return table


def _busiest(title: str, busiest: Sequence[tuple[str, int]]) -> Table:
    table = _table(title)
    table.add_column("posts", justify="right")
    for value, posts in busiest:
        table.add_row(Text(printable(value)), _count(posts))
    return table


def _with_windows(first: str, windows: Iterable[str] = WINDOWS) -> Table:
    table = _table(first)
    for window in windows:
        table.add_column(window, justify="right", no_wrap=True)
    return table


def _of(found: Trend, window: str, dimension: str) -> str:
    return _count(found.windows[window].get(dimension, 0) if window in found.windows else None)


def _count(n: int | None) -> str:
    return "?" if n is None else f"{n:,}"


def _span(series: Series) -> str:
    return _span_of(series.step * len(series.counts))


def _span_of(seconds: int) -> str:
    hours = seconds // 3_600
    if hours > 24:
        return f"{hours // 24} days"
    return "hour" if hours == 1 else f"{hours} hours"
