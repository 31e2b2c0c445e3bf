"""The bar that a command which reads or writes much shows on a terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress as Bar

from streams.connections import Progress


@contextmanager
def progress(doing: str) -> Iterator[Progress]:
    """A bar on standard error while the context lasts, none where that is no terminal: what is yielded moves it."""
    with Bar(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
