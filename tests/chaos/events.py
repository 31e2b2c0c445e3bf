"""The events that a run tracks besides the shipped ones: one that nearly everything meets, and three that change."""

from pathlib import Path

_EVENT = """\
id: {id}
title: {id} of a chaos run
{since}match: |
  {match}
claims:
  linked: |
    has:links OR has:mentions
  asked: |
    is:reply OR is:quote OR kind:transcript
groups:
  loud: |
    followers_count:1000..100000000 OR kind:article
  telegram: |
    platform:telegram
"""


class Files:
    """Writes the event files of a run into its folder."""

    REMOVED = "chaos-removed"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()

    def first(self) -> Path:
        """Those that are tracked from the start: a folder."""
        first = self._folder / "first"
        first.mkdir()
        self._write(first, "chaos-broad", "lang:en OR is:article")
        self._write(first, "chaos-changed", "ceasefire OR moon OR kettle OR florence")
        self._write(first, self.REMOVED, "has:links")
        self._write(first, "chaos-twin", "putin* OR moon OR путин* OR луна")
        return first

    def late(self) -> Path:
        """One that is applied late: the same rule as its twin's."""
        return self._write(self._folder, "chaos-late", "putin* OR moon OR путин* OR луна")

    def changed(self) -> Path:
        """One whose rule is changed."""
        return self._write(self._folder, "chaos-changed", "(ceasefire OR moon OR eclipse) -is:repost")

    @staticmethod
    def _write(folder: Path, name: str, rule: str, since: str = "") -> Path:
        path = folder / f"{name}.yaml"
        path.write_text(_EVENT.format(id=name, match=rule, since=since), encoding="utf-8")
        return path
