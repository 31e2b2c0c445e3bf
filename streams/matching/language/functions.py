"""The functions of rules: near, before, sentence, atleast, score. Owns what their arguments have to be.

Doesn't know how an argument is read: whatever may stand in a group may be one.
"""

from abc import ABC, abstractmethod
from typing import Final, NoReturn

from streams.matching import limits
from streams.matching.language import elsewhere
from streams.matching.language.bounded import RuleCursor
from streams.matching.language.leaves import NAMES
from streams.matching.language.lexemes import Lexeme
from streams.matching.language.placed import refuse_placeless
from streams.matching.language.syntax import Near, Node, Score, Sentence
from streams.matching.operators import nearest

_EXAMPLES: Final = {
    "near": "near(3, lay, arms)",
    "before": "before(3, lay, arms)",
    "sentence": "sentence(kursk, surrender)",
    "atleast": "atleast(2, kursk, surrender, offer)",
    "score": "score(3, kursk^2, surrender^2, offer)",
}
_OPENINGS: Final = ("(", "function", "scope")


class FunctionParser(RuleCursor, ABC):
    """Reads functions. What reads the groups that they stand in reads their arguments."""

    @abstractmethod
    def expression(self) -> Node:
        """Read what may stand in a group: terms, and OR between them. Raises `RuleError`."""

    def function(self, lexeme: Lexeme) -> Node:
        """The node of the function whose name and opening parenthesis were read. Raises `RuleError`."""
        name = lexeme.text
        if name not in _EXAMPLES:
            if name.casefold() in NAMES:
                found = f"found '(' after {name}, which is an operator"
                raise self.error(lexeme.at, f"{found}, expected ':' and a value; write {name.casefold()}:…")
            instead = elsewhere.function(name)
            if instead is not None:
                raise self.error(lexeme.at, f"found the function {lexeme}, which has no meaning here; {instead}")
            raise self.error(
                lexeme.at,
                f"found the unknown function {lexeme}{nearest(name.casefold(), _EXAMPLES)}; "
                "put a space before '(' if it is a word and a group",
            )
        self.enter(lexeme)
        match name:
            case "near" | "before":
                node: Node = self._near(lexeme)
            case "sentence":
                self._refuse_number(lexeme)
                node = Sentence(self._placed(lexeme), lexeme.at)
            case _:
                node = self._score(lexeme)
        return node

    def _refuse_number(self, function: Lexeme) -> None:
        first = self.next
        if first.kind == "word" and first.text.isdigit() and self.lexemes[self.position + 1].kind == ",":
            raise self.error(
                first.at, f"found {first} in {function.text}(), which takes no number; quote it if it is a word"
            )

    def _near(self, function: Lexeme) -> Near:
        distance = self._number(function, "the greatest number of words between", limits.DISTANCE)
        return Near(distance, self._placed(function), function.text == "before", function.at)

    def _placed(self, function: Lexeme) -> tuple[Node, ...]:
        """The arguments up to the closing parenthesis, each of which has a place in a text."""
        arguments: list[Node] = []
        while not arguments or self.next.kind == ",":
            if arguments:
                self.take()
            at = self.next.at
            argument = self.expression()
            refuse_placeless(argument, function.text, self.text, at)
            arguments.append(argument)
        self.close(function)
        if not 2 <= len(arguments) <= limits.NEAR_ARGUMENTS:
            self._fail_count(function, len(arguments), f"2 to {limits.NEAR_ARGUMENTS}")
        return tuple(arguments)

    def _score(self, function: Lexeme) -> Score:
        number = self.next
        threshold = self._number(function, "how many have to be true" if function.text == "atleast" else "a threshold")
        arguments: list[Node] = []
        weights: list[int] = []
        while not arguments or self.next.kind == ",":
            if arguments:
                self.take()
            first = self.position
            arguments.append(self.expression())
            weights.append(self._weight(function, first))
        self.close(function)
        if len(arguments) < 2:
            self._fail_count(function, len(arguments), "at least 2")
        if not 1 <= threshold <= sum(weights):
            raise self.error(
                number.at,
                f"found {number} in {function.text}(), expected 1 to {sum(weights)}: "
                "that is all that its arguments add up to",
            )
        return Score(threshold, tuple(arguments), tuple(weights))

    def _weight(self, function: Lexeme, first: int) -> int:
        """The weight after an argument that began with lexeme number `first`."""
        if self.next.kind != "^":
            return 1
        if not self._is_one(first):
            raise self.error(
                self.next.at,
                f"found {self.next} after several terms, expected it after one; group them: (…)^2",
            )
        if function.text != "score":
            raise self.error(
                self.next.at,
                f"found the weight {self.next} in {function.text}(), expected none; use score()",
            )
        weight = self.bounded(self.take(), "the weight", limits.WEIGHT, least=1)
        if self.next.kind not in (",", ")"):
            raise self.error(
                self.next.at,
                f"found {self.next} after a weight, expected ',' or ')': separate with commas",
            )
        return weight

    def _is_one(self, first: int) -> bool:
        """Whether the lexemes from the first up to here are one term, group or function."""
        depth = ends = 0
        for lexeme in self.lexemes[first : self.position]:
            if lexeme.kind in _OPENINGS:
                depth += 1
            elif lexeme.kind == ")":
                depth -= 1
            ends += depth == 0 and lexeme.kind not in ("-", "=", "~")
        return ends == 1

    def _number(self, function: Lexeme, what: str, most: int = 999_999) -> int:
        """The number that a function begins with, and the comma after it."""
        number = self.next
        example = f"as in {_EXAMPLES[function.text]}"
        if number.kind != "word" or not (number.text.isascii() and number.text.isdigit()):
            raise self.error(number.at, f"found {number}, expected {what}, {example}")
        value = self.bounded(number, f"the {'distance' if most == limits.DISTANCE else 'number'}", most)
        self.take()
        if self.next.kind != ",":
            raise self.error(
                self.next.at,
                f"found {self.next} in {function.text}(), expected ',': separate its arguments with commas, {example}",
            )
        self.take()
        return value

    def _fail_count(self, function: Lexeme, count: int, expected: str) -> NoReturn:
        raise self.error(
            function.at,
            f"found {function.text}() with {count} argument{'' if count == 1 else 's'}, expected {expected}, "
            f"as in {_EXAMPLES[function.text]}",
        )
