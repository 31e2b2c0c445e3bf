"""X: recorded payloads in any of its formats to posts and deletions, and the connector on its stream.

`records` maps any payload; `plain` maps most lines in half the time, and leaves the others to it.
"""

from streams.ingest.mapping import Outcome, Skipped
from streams.ingest.x.lines import plain
from streams.ingest.x.payloads import records
from streams.ingest.x.rules import Rule
from streams.ingest.x.stream import Options, Stream

__all__ = ["Options", "Outcome", "Rule", "Skipped", "Stream", "plain", "records"]
