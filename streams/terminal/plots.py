"""Curves: what came, and the band in which 95 % of it was to be expected."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil

import plotille
from rich.text import Text

from streams.trends.outlook import Curve

WIDTH, HEIGHT = 50, 10
"""Characters within the axes."""

#: The axis ends above the highest count, so that it lies within the topmost line.
_ABOVE = 1.0001
#: Up to so many seconds the axis shows times of day, not days.
_DAY = 86_400


def plot_curve(curve: Curve, title: str) -> Text:
    """One curve as text of `HEIGHT` lines and some for its axes; times are UTC."""
    ends = curve.start + curve.step * len(curve.posts)
    figure = plotille.Figure()
    figure.width, figure.height = WIDTH, HEIGHT
    figure.color_mode = "names"
    figure.origin = False
    figure.x_label, figure.y_label = "UTC", "posts"
    figure.set_x_limits(curve.start, ends)
    top = max([1, *(each for each in (*curve.posts, *curve.upper) if each is not None)])
    figure.set_y_limits(0, top * _ABOVE)
    format = "%H:%M" if ends - curve.start <= _DAY else "%d %b"
    figure.x_ticks_fkt = lambda at, _: datetime.fromtimestamp(at, UTC).strftime(format)
    figure.y_ticks_fkt = lambda count, above: _label(count, above, top)
    for values, colour in ((curve.lower, "bright_black"), (curve.upper, "bright_black"), (curve.posts, "cyan")):
        for times, counts in _pieces(curve, values):
            figure.plot(times, counts, lc=colour)
    told = "" if all(each is None for each in curve.expected) else ", and the bounds of 95 % to expect"
    blind = "; gaps: not seen" if curve.blind else ""
    title = f"{title}: posts by {_named(curve.step)}{told}{blind}\n"
    return Text(title, style="bold") + Text.from_ansi(figure.show())


def _label(count: float, above: float, top: float) -> str:
    """What stands at a line of the axis. Of few posts several lines lie between two whole numbers: those go without."""
    if top >= HEIGHT:
        return f"{count:,.0f}"
    return f"{ceil(count)}" if ceil(count) < above else ""


def _pieces(curve: Curve, values: Sequence[float | None]) -> list[tuple[list[int], list[float]]]:
    """The runs of values that are known, with the middles of their steps."""
    pieces: list[tuple[list[int], list[float]]] = []
    known = False
    for number, value in enumerate(values):
        if value is not None:
            if not known:
                pieces.append(([], []))
            pieces[-1][0].append(curve.start + curve.step * number + curve.step // 2)
            pieces[-1][1].append(value)
        known = value is not None
    return pieces


def _named(step: int) -> str:
    return {60: "the minute", 600: "ten minutes", 3_600: "the hour"}[step]
