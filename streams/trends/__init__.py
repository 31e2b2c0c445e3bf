"""Rolling trend counts in Redis as a pure function of the log: the match index, the ledger, windows, the catalog.

Knows Redis; knows no Kafka and no Faust (offsets are numbers that order a post's records), and nothing of matching:
what a record adds to which event is handed in.
"""

from streams.trends.applied import Applied
from streams.trends.catalog import Catalog
from streams.trends.contributions import Cell, Contribution, Standing, unpack_cell
from streams.trends.glances import Glance, Glances
from streams.trends.keys import LAYOUT, layout_key, layout_mark
from streams.trends.lease import Lease
from streams.trends.orders import digest
from streams.trends.store import Outcome, Store
from streams.trends.windows import WINDOWS, NotKept, Windows

__all__ = [
    "LAYOUT",
    "WINDOWS",
    "Applied",
    "Catalog",
    "Cell",
    "Contribution",
    "Glance",
    "Glances",
    "Lease",
    "NotKept",
    "Outcome",
    "Standing",
    "Store",
    "Windows",
    "digest",
    "layout_key",
    "layout_mark",
    "unpack_cell",
]
