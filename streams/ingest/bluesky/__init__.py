"""Bluesky: Jetstream's events and the AppView's answers to posts and deletions (`records`), and the connector."""

from streams.ingest.bluesky.events import Event, read, records
from streams.ingest.bluesky.jetstream import Jetstream, Options

__all__ = ["Event", "Jetstream", "Options", "read", "records"]
