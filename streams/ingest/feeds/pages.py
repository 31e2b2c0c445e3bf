"""What stands behind an item's link: the text of an article's page, or a broadcast's transcript.

Bodies in, text out; knows nothing of how they were fetched. trafilatura is in the extra `articles`.
"""

from streams.ingest.extras import library

#: Most bytes of a page that are looked at.
MOST = 4 * 1024 * 1024


def text(page: bytes, url: str) -> str | None:
    """The text of the article on a page; None where there is none. Takes a tenth of a second, now and then more."""
    trafilatura = library("trafilatura", "articles")
    try:
        found = trafilatura.extract(page, url=url, include_comments=False, include_tables=False)
    except Exception:  # a page that trafilatura cannot take is a page without a text
        return None
    return found[:1_000_000] if isinstance(found, str) and found.strip() else None
