"""One thing that was looked at."""

from typing import Literal

import msgspec

from streams.connections import how_away

Level = Literal["ok", "warn", "FAIL"]

OK: Level = "ok"
#: Works, but not as well or for as long as it should; or it could not be found out.
WARN: Level = "warn"
#: A promise is broken, or nothing works at all.
FAIL: Level = "FAIL"


class Finding(msgspec.Struct, frozen=True):
    """`what` was found, and what there is `to_do` about it; nothing where it is ok."""

    level: Level
    what: str
    to_do: str = ""

    def __str__(self) -> str:
        """The finding as one line."""
        return f"{self.level:<4}  {self.what}" + (f" - {self.to_do}" if self.to_do else "")


def absence(where: str, error: BaseException, refusal: str | None, setting: str) -> Finding:
    """That a server gave no answer: `refusal` says why and what to do, or it is away, and `error` says how."""
    if refusal is not None:
        found, _, to_do = refusal.partition(": ")
        return Finding(FAIL, f"{where} {found}", to_do)
    return Finding(FAIL, f"{where} does not answer: {how_away(error)}", f"start it, or set {setting}")
