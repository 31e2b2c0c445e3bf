"""What the dictionaries of all languages share: parts of speech, a word looked up, and their absence."""

from dataclasses import dataclass, field
from typing import Literal

from streams.errors import UserError

Part = Literal["noun", "verb", "adj"]


class LemmasMissing(UserError, ValueError):
    """The dictionaries of a word's script are not all installed: Cyrillic needs the Russian and the Ukrainian one."""

    def __init__(self) -> None:
        super().__init__("found lemma: without its dictionaries, expected them installed; pip install 'tocsin[lemmas]'")


@dataclass(frozen=True, slots=True)
class Entry:
    """A word as one dictionary has it: its forms as a dictionary form, or the words that it is a form of."""

    forms: frozenset[str] = frozenset()
    #: Dictionary forms of which the word is an inflected form, as (word, part of speech or "" for any other).
    heads: tuple[tuple[str, str], ...] = ()
    #: The parts of speech in which the word is a dictionary form, whichever was asked for.
    parts: tuple[str, ...] = ()
    #: Dictionary forms made from the same root, best first.
    related: tuple[str, ...] = ()
    #: Whether it is known as nothing but the name of a person.
    person: bool = field(default=False)

    @property
    def known(self) -> bool:
        """Whether the dictionary has the word in any form."""
        return bool(self.parts or self.heads)
