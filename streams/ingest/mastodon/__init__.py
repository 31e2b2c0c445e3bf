"""Mastodon, and Truth Social, which speaks its API: statuses to posts and deletions (`records`), and the connectors."""

from streams.ingest.mastodon.api import Api
from streams.ingest.mastodon.polling import Polling
from streams.ingest.mastodon.status import MASTODON, TRUTHSOCIAL, Server, records
from streams.ingest.mastodon.streaming import Streaming

__all__ = ["MASTODON", "TRUTHSOCIAL", "Api", "Polling", "Server", "Streaming", "records"]
