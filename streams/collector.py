"""Python's collector of cycles, set for a process through which records flow.

Records make thousands of short-lived objects a second and hardly a cycle, and rules are many objects that stay. As it
is set by default the collector looks at the former every 150 posts, which took 9 % of the time of a worker's main
thread, and at the latter now and then, for seconds. Knows nothing of records or rules.
"""

import gc
from typing import Final

#: Objects that have to be there more than before until the young ones are looked at: every forty thousand posts or so,
#: for about ten milliseconds.
YOUNG: Final = 50_000


def set_aside() -> None:
    """Never look again at what there is now, and seldom at what comes. Call it again when more has come that stays."""
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
    gc.collect(0)  # cycles that were left behind lately: frozen they would stay for ever
    gc.freeze()
