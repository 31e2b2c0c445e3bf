"""The names of all keys in Redis, and how long each outlives its bucket. Nothing else builds a key's name.

Everything of one event revision lies under its hash tag `{event@revision}`, and so in one cluster slot.
"""

from dataclasses import dataclass

from redis.crc import key_slot

from streams.settings import Settings

LAYOUT = 2
"""The number of this layout: another one is another set of keys."""

SHARDS = 4_096
"""Hashes that the index is spread over: with 20,000 matches an hour about 1,000 entries each, with 100 about five."""

MINUTE, HOUR, DAY = 60, 3_600, 86_400

KEEP_10S = 2 * HOUR
KEEP_1M = 25 * HOUR
KEEP_1H = 35 * DAY
KEEP_PEOPLE = 26 * HOUR
"""Seconds after the end of the hour (for KEEP_1H: of the day) for which each rung is kept. ledger.lua has them too."""

#: Numbers whose hash tags `applied.NUMBER` lie one in each of 32 equal parts of the slots.
_SPREAD = tuple({key_slot(b"applied.%d" % number) // 512: number for number in range(999, -1, -1)}.values())

PEOPLE = ("authors", "texts", "domains")


@dataclass(frozen=True, slots=True)
class Keys:
    """Key names under one prefix. Hours and days count from the epoch."""

    prefix: str

    def event(self, tag: str, name: str) -> str:
        """`ledger:HOUR`, `10s:HOUR`, `1m:HOUR`, `1h:DAY`, `authors:HOUR`, `authors`, `changes` … of one revision."""
        return f"{self._stem(tag)}{name}"

    def revision(self, tag: str) -> list[str]:
        """The four keys of a revision that belong to no hour, in the order in which ledger.lua expects them."""
        stem = self._stem(tag)
        return [f"{stem}authors", f"{stem}texts", f"{stem}domains", f"{stem}changes"]

    def hour(self, tag: str, hour: int) -> list[str]:
        """The seven keys of one hour, in the order in which ledger.lua expects them."""
        stem = self._stem(tag)
        return [
            f"{stem}ledger:{hour}",
            f"{stem}10s:{hour}",
            f"{stem}1m:{hour}",
            f"{stem}1h:{hour // 24}",
            f"{stem}authors:{hour}",
            f"{stem}texts:{hour}",
            f"{stem}domains:{hour}",
        ]

    def _stem(self, tag: str) -> str:
        return f"{self.prefix}:{LAYOUT}:{{{tag}}}:"

    def index(self, shard: int, period: int) -> str:
        return f"{self.prefix}:{LAYOUT}:{{i:{shard:03x}}}:{period}"

    def catalog(self, name: str) -> str:
        """`serving`, `pending`, `definitions`, `retired`, `version`: one slot, for one script moves them together."""
        return f"{self.prefix}:{LAYOUT}:{{catalog}}:{name}"

    def applied(self, group: str) -> str:
        return f"{self.prefix}:{LAYOUT}:{{applied}}:{group}"

    def applied_everywhere(self, group: str) -> list[str]:
        """The same in every thirty-second part of a Redis Cluster's slots, so that no shard is without."""
        return [f"{self.prefix}:{LAYOUT}:{{applied.{number}}}:{group}" for number in _SPREAD]

    def alerts(self, name: str) -> str:
        """`states`, `judged`, `mutes`."""
        return f"{self.prefix}:{LAYOUT}:{{alerts}}:{name}"

    def connectors(self) -> str:
        return f"{self.prefix}:{LAYOUT}:connectors"

    def judgements(self, draft: str = "") -> str:
        """The judgements that are read, or a draft of them: in one slot, so that one can be renamed to the other."""
        return f"{self.prefix}:{LAYOUT}:{{judgements}}{draft and ':'}{draft}"

    def baselines(self, hour: int) -> str:
        return f"{self.prefix}:{LAYOUT}:baselines:{hour}"

    def log_began(self) -> str:
        return f"{self.prefix}:{LAYOUT}:log-began"

    def lease(self, name: str) -> str:
        return f"{self.prefix}:{LAYOUT}:lease:{name}"

    def everything(self, tag: str, now: int, keep: int) -> list[str]:
        """Every key that a revision can have while nothing of it has expired, whether it exists or not."""
        this = now // HOUR + 1
        days = range(this // 24 - KEEP_1H // DAY - 1, this // 24 + 2)
        people = range(this - KEEP_PEOPLE // HOUR - 2, this + 2)
        names = [f"ledger:{hour}" for hour in range(this - keep // HOUR - 2, this + 2)]
        names += [f"10s:{hour}" for hour in range(this - KEEP_10S // HOUR - 2, this + 2)]
        names += [f"1m:{hour}" for hour in range(this - KEEP_1M // HOUR - 2, this + 2)]
        names += [f"1h:{day}" for day in days]
        names += [f"{kind}:{hour}" for kind in PEOPLE for hour in people]
        return [self.event(tag, name) for name in (*names, *PEOPLE, "changes")]


def layout_key(settings: Settings) -> str:
    """Holds the number of the layout that the counts of this prefix are in; the same key in every layout."""
    return f"{settings.prefix}:layout"


def layout_mark(settings: Settings) -> str:
    """What stands there: the layout, and for how many seconds its ledger is kept (the index is cut up by that)."""
    return f"{LAYOUT} {settings.keep}"
