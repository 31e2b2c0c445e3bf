"""X: recorded payloads in any of its formats to posts and deletions (`records`), and the connector on its stream."""

from streams.ingest.mapping import Outcome, Skipped
from streams.ingest.x.payloads import records
from streams.ingest.x.rules import Rule
from streams.ingest.x.stream import Options, Stream

__all__ = ["Options", "Outcome", "Rule", "Skipped", "Stream", "records"]
