"""What every connector shares: connecting again by the platform's rules, cursor, heartbeat, gaps, metrics, its end.

A platform brings a `Source`: how to connect and what was heard. Knows Kafka; knows no platform, and of Redis only that
somebody wants to be told what is reported.
"""

from streams.ingest.frame.backoff import Schedule, Steps
from streams.ingest.frame.metrics import Metrics
from streams.ingest.frame.runner import Runner
from streams.ingest.frame.source import Batch, Item, Lost, Opened, Refusal, Source

__all__ = ["Batch", "Item", "Lost", "Metrics", "Opened", "Refusal", "Runner", "Schedule", "Source", "Steps"]
