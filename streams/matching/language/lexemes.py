"""What a rule's text is cut into, and how an error names it."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from streams.matching.language.errors import shown

Kind: TypeAlias = Literal[
    "(", ")", ",", "-", "=", "OR", "^", "~", "word", "prefix", "phrase", "field", "scope", "function", "end"
]  # fmt: skip

#: Signs that are operators: a hashtag, a ticker, a mention.
SIGILS: Final = "#$@"


@dataclass(frozen=True, slots=True)
class Lexeme:
    """`text` is the word, the phrase's content, the number after ^ or ~, or the name of an operator or function.

    `value` is an operator's.
    """

    kind: Kind
    text: str
    at: int
    value: str = ""

    def __str__(self) -> str:
        match self.kind:
            case "end":
                return "the end of the rule"
            case "phrase":
                return f'"{shown(self.text)}"'
            case "prefix":
                return f"'{shown(self.text)}*'"
            case "field":
                return f"'{self.text}{'' if self.text in SIGILS else ':'}{shown(self.value)}'"
            case "scope":
                return f"'{shown(self.text)}:('"
            case "^" | "~":
                return f"'{self.kind}{shown(self.text)}'"
            case "function":
                return f"'{shown(self.text)}('"
            case _:
                return f"'{shown(self.text)}'"
