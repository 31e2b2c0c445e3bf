"""The phrase banks: themes in a language, and how one of their lines becomes a sentence.

A line may hold ``{a|b}`` (a choice, nestable) and ``<name>`` (one of the bank's words).
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import msgspec

from .dice import Dice
from .meaning import Meaning

BANK = Path(__file__).parent / "bank"
FILES = ("kursk.en", "kursk.ru", "kursk.uk", "truce", "quiet", "near", "chatter")
DRESS = frozenset({"open", "tag", "hmm", "mood"})  # words that dress a post and have no place in an article

_WORD = re.compile(r"<([a-z]+)>")
_SENTENCE = re.compile(r"([.!?] |^)([a-zа-яіїєґ])")
_TAG = re.compile(r" #\w+")
_CHOICE = re.compile(r"\{([^{}]*)\}")


class Said(msgspec.Struct, frozen=True):
    """A text with its language and meaning."""

    text: str
    lang: str
    meaning: Meaning
    theme: str
    talk: bool = False


class _Theme(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    register: str
    events: dict[str, list[str]]
    say: str
    since: str = "13T18:00"  # of March 2025: what happened only then isn't spoken of before


class _Language(msgspec.Struct, forbid_unknown_fields=True):
    lang: str
    themes: list[_Theme]
    words: dict[str, list[str]] = {}


class Theme:
    """The lines of one theme in one language and register."""

    def __init__(self, theme: _Theme, language: _Language) -> None:
        self.name = theme.name
        self.lang = language.lang
        self.talk = theme.register == "talk"
        self.since = datetime.fromisoformat(f"2025-03-{theme.since}+00:00")
        self.meaning: Meaning = {event: frozenset(claims) for event, claims in theme.events.items()}
        self._lines = [line.strip() for line in theme.say.splitlines() if line.strip()]
        self._words = language.words

    def say(self, dice: Dice, plain: bool = False) -> Said:
        """Say one of the lines; ``plain`` leaves out openers, tags and sighs."""
        text = dice.pick(self._lines)
        while True:
            if word := _WORD.search(text):
                name = word[1]
                chosen = "" if plain and name in DRESS else dice.pick(self._words[name])
            elif word := _CHOICE.search(text):
                chosen = dice.pick(word[1].split("|"))
            else:
                break
            text = text[: word.start()] + chosen + text[word.end() :]
        if plain:
            text = _TAG.sub("", text)
        text = re.sub(r"\s+", " ", text).strip()
        text = _SENTENCE.sub(lambda start: start[1] + start[2].upper(), text)
        if plain and text[-1] not in ".!?":
            text += "."
        return Said(text, self.lang, self.meaning, self.name, self.talk)


class Phrases:
    """All themes, found by name, language and register."""

    def __init__(self) -> None:
        self.themes: list[Theme] = []
        for name in FILES:
            for language in msgspec.yaml.decode((BANK / f"{name}.yaml").read_bytes(), type=list[_Language]):
                self.themes += [Theme(theme, language) for theme in language.themes]

    def find(
        self, name: str, lang: str | None = None, talk: bool | None = None, moment: datetime | None = None
    ) -> list[Theme]:
        """List the themes of a name, of a language and register and sayable at a moment where these are given."""
        return [
            theme
            for theme in self.themes
            if theme.name == name
            and lang in (None, theme.lang)
            and talk in (None, theme.talk)
            and (moment is None or theme.since <= moment)
        ]
