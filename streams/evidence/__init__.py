"""What stands behind an event's numbers: Redis says which posts, the log what they say.

Knows nothing of conditions or of who asks.
"""

from streams.evidence.behind import Behind, Evidence, First, Shown
from streams.evidence.postings import NEAR, Place, Posting, Postings, place

__all__ = ["NEAR", "Behind", "Evidence", "First", "Place", "Posting", "Postings", "Shown", "place"]
