"""Writes the sample's files beside the event files: ``python -m seeds.compose``."""

from __future__ import annotations

import gzip
from pathlib import Path

from .sample import compose

FOLDER = Path(__file__).parent.parent / "sample"


def main() -> None:
    """Compose the sample and write it, the same bytes every time."""
    FOLDER.mkdir(exist_ok=True)
    for name, content in compose()._asdict().items():
        path = FOLDER / f"{name}.ndjson.gz"
        path.write_bytes(gzip.compress(content, 9, mtime=0))
        print(f"{path.name}: {len(content.splitlines()):,} lines, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
