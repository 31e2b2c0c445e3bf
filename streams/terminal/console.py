"""Where a command's tables are printed: on the terminal, or into a pipe. Knows nothing of what they show."""

import sys

from rich.console import Console

#: Columns where nobody looks: nothing is cut in a pipe.
_PIPED = 1_000


def console() -> Console:
    """Standard output, as wide as the terminal."""
    return Console(width=None if sys.stdout.isatty() else _PIPED)
