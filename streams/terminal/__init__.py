"""What trends look like on a terminal: pure functions from the read models to something rich can print.

Know neither Redis nor a command line; `tocsin trends` and the demo show what they return.
"""

from streams.terminal.console import console
from streams.terminal.drivers import render_behind
from streams.terminal.trends import render_overview, render_trend, sparkline

__all__ = ["console", "render_behind", "render_overview", "render_trend", "sparkline"]
