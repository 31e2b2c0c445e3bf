"""Who speaks: real accounts, invented ones with a role, and a crowd of invented ordinary people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from .dice import Dice
from .meaning import Role, Speaker
from .phrases import BANK
from .platforms import TELLS_LANGUAGE, author_id

Side = Literal["for", "against", "neither"]

CROWD = 620
_LANGS = {"en": 0.5, "ru": 0.27, "uk": 0.23}
_HOMES = {
    "en": {"x": 0.36, "bluesky": 0.2, "mastodon": 0.14, "facebook": 0.13, "truthsocial": 0.13, "telegram": 0.04},
    "ru": {"telegram": 0.36, "vk": 0.42, "x": 0.16, "facebook": 0.03, "mastodon": 0.03},
    "uk": {"facebook": 0.36, "telegram": 0.32, "x": 0.24, "bluesky": 0.05, "mastodon": 0.03},
}
_SIDES: dict[str, dict[Side, float]] = {
    "en": {"for": 0.3, "against": 0.38, "neither": 0.32},
    "ru": {"for": 0.52, "against": 0.2, "neither": 0.28},
    "uk": {"for": 0.03, "against": 0.75, "neither": 0.22},
}
_INSTANCES = ("mastodon.example", "town.example", "social.example")


@dataclass(frozen=True)
class Account:
    """An account on one platform."""

    platform: str
    id: str
    handle: str
    name: str
    lang: str
    role: Role
    side: Side
    real: bool = False
    followers: int | None = None

    def speaker(self) -> Speaker:
        """Give what decides this account's groups."""
        return Speaker(self.role, self.platform, self.lang if self.platform in TELLS_LANGUAGE else None)


class _Real(msgspec.Struct):
    account: str
    name: str
    lang: str


class _Names(msgspec.Struct):
    first: list[str]
    last: list[str]


class _File(msgspec.Struct):
    real: dict[Role, list[_Real]]
    invented: dict[Role, list[str]]
    languages: dict[str, str]
    names: dict[str, _Names]
    handles: dict[str, list[str]]


class Cast:
    """Everybody, and how to find somebody."""

    def __init__(self, dice: Dice) -> None:
        file = msgspec.yaml.decode((BANK / "cast.yaml").read_bytes(), type=_File)
        self.accounts: list[Account] = []
        for role, reals in file.real.items():
            for real in reals:
                platform, handle = real.account.split("/", 1)
                identity = author_id(platform, handle, dice)
                self.accounts.append(
                    Account(platform, identity, handle, real.name, real.lang, role, "neither", real=True)
                )
        for role, names in file.invented.items():
            for number, entry in enumerate(names):
                platform, handle = entry.split("/", 1)
                self.accounts.append(self._invented(role, platform, handle, number, file, dice))
        self._add_crowd(file, dice)

    def find(self, account: str) -> Account:
        """Find an account by PLATFORM/HANDLE."""
        return next(one for one in self.accounts if f"{one.platform}/{one.handle}" == account)

    def crowd(self, role: Role, lang: str | None = None) -> list[Account]:
        """List the accounts of a role, of one language where it is given."""
        return [one for one in self.accounts if one.role == role and lang in (None, one.lang)]

    @staticmethod
    def _invented(role: Role, platform: str, handle: str, number: int, file: _File, dice: Dice) -> Account:
        lang = file.languages.get(handle.partition("@")[0], "en")
        side: Side = "neither"
        if role == "amplifiers":
            side, lang = "for", "ru" if platform in ("telegram", "vk") or (platform == "x" and number >= 12) else "en"
        followers = dice.whole(3, 90) if role == "amplifiers" else dice.whole(2_000, 90_000)
        name = handle.partition("@")[0].replace("_", " ").replace(".bsky.social", "").replace(".", " ")
        return Account(platform, author_id(platform, handle, dice), handle, name, lang, role, side, followers=followers)

    def _add_crowd(self, file: _File, dice: Dice) -> None:
        taken: set[str] = set()
        while len(taken) < CROWD:
            lang = dice.weighted(_LANGS)
            platform = dice.weighted(_HOMES[lang])
            side = "for" if platform == "truthsocial" and dice.chance(0.8) else dice.weighted(_SIDES[lang])
            names = file.names[lang]
            joiner = "-" if platform in ("bluesky", "mastodon") else "_" if platform != "facebook" else "."
            handle = f"{dice.pick(file.handles[lang])}{joiner}{dice.pick(file.handles[lang])}"
            if dice.chance(0.5):
                handle += str(dice.whole(2, 99))
            if platform == "bluesky":
                handle += ".bsky.social"
            if platform == "mastodon":
                handle = handle.replace("-", "_") + "@" + dice.pick(_INSTANCES)
            if platform == "x":
                handle = handle[:15]
            if (key := f"{platform}/{handle}") in taken:
                continue
            taken.add(key)
            name = f"{dice.pick(names.first)} {dice.pick(names.last)}"
            followers = int(10 ** dice.between(0.7, 4.2))
            identity = author_id(platform, handle, dice)
            self.accounts.append(Account(platform, identity, handle, name, lang, "citizen", side, followers=followers))
