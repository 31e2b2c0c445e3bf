"""News: feeds (RSS, Atom, JSON Feed), GDELT's files and transcripts, to articles. Pure, but for the runner beside it.

`records` decides by its first bytes what a document is; each format's own module maps it.
"""

from collections.abc import Iterator

from schemas.codec import Unusable
from streams.ingest.feeds import entries, gdelt
from streams.ingest.feeds.articles import Manner, articles
from streams.ingest.mapping import Outcome


def records(body: bytes, manner: Manner | None = None, address: str = "", content_type: str = "") -> Iterator[Outcome]:
    """The articles of one document (a feed, one of GDELT's files), in order; what it can't be is one `Unusable`."""
    manner = manner or Manner()
    try:
        if gdelt.is_gdelt(body):
            yield from gdelt.records(body, manner)
        else:
            yield from articles(entries.read(body, address, content_type), manner, address)
    except Unusable as error:
        yield error
