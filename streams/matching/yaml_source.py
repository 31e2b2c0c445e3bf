"""YAML read with care: every value with its place in the file, keys as written, nothing swallowed or guessed.

Turns a text into nodes that say where they stand. Knows YAML and nothing of events.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NoReturn, TypeVar

import yaml

from streams.matching.errors import EventFileError

_LARGEST: Final = 1_000_000
_Node = TypeVar("_Node", bound=yaml.Node)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a YAML file, of whichever shape, and where it stands."""

    source: str
    node: yaml.Node

    def fail(self, problem: str) -> NoReturn:
        """Raise `EventFileError` at the value's place."""
        fail(self.source, self.node, problem)

    def mapping(self, expected: str, known: frozenset[str] | None = None) -> dict[str, "Value"]:
        """Its entries by key, in order. Keys stay as written; a repeated one, or one not `known`, is an error."""
        if not isinstance(self.node, yaml.MappingNode):
            self.fail(f"found {_kind(self.node)}, expected {expected}")
        found: dict[str, Value] = {}
        for key, value in self.node.value:
            if not isinstance(key, yaml.ScalarNode):
                fail(self.source, key, f"found {_kind(key)} as a key, expected a name")
            name = key.value
            if name in found:
                fail(self.source, key, f"found the key '{name}' a second time, expected it once; rename or remove one")
            if known is not None and name not in known:
                fail(self.source, key, f"found the unknown key '{name}', expected one of {', '.join(sorted(known))}")
            found[name] = Value(self.source, value)
        return found

    def items(self, expected: str) -> Iterator["Value"]:
        """Its elements."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.fail(f"found {_kind(self.node)}, expected {expected}")
        return (Value(self.source, each) for each in self.node.value)

    def text(self, expected: str) -> str:
        """A scalar as written, whatever YAML would make of it."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.fail(f"found {_kind(self.node)}, expected {expected}")
        if not self.node.value.strip():
            self.fail(f"found nothing, expected {expected}")
        value: str = self.node.value
        return value

    def block(self) -> "Block":
        """A rule: a literal block scalar, the only form of which YAML swallows nothing and keeps the lines."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.fail(f"found {_kind(self.node)}, expected a rule after '|' on lines of its own")
        if self.node.style != "|":
            self.fail(
                f"found a rule {_written(self.node)}, in which YAML can swallow parts of it (all after ' #', for one); "
                "write '|' here and the rule on the next line"
            )
        return Block(self.source, self.node)


class Block:
    """A block scalar whose positions can be told in the file's lines and columns."""

    def __init__(self, source: str, node: yaml.ScalarNode) -> None:
        self._source = source
        self._node = node
        self.text: Final[str] = node.value.rstrip()

    def fail(self, line: int, column: int, problem: str) -> NoReturn:
        """Raise `EventFileError` for a line and column, from 1, of the block's text."""
        row = self._node.start_mark.line + line
        raise EventFileError(self._source, row + 1, column + self._indent(row), problem)

    def _indent(self, row: int) -> int:
        # YAML strips the same indentation from each line: what the file's line has before the block's.
        lines = self._node.start_mark.buffer
        if lines is None:
            return 0
        written = lines.split("\n")[row].rstrip("\r\0")
        kept = self._node.value.split("\n")[row - self._node.start_mark.line - 1]
        return max(len(written) - len(kept), 0)


def read(text: str, source: str) -> Value:
    """The one document of a YAML text. Raises `EventFileError` for anything that is not one."""
    if len(text) > _LARGEST:
        raise EventFileError(source, 1, 1, f"found {len(text):,} characters, expected at most {_LARGEST:,}")
    node = _composed(lambda: yaml.compose(text, Loader=yaml.SafeLoader), source)
    if node is None:
        raise EventFileError(source, 1, 1, "found an empty file, expected a tracked event")
    return Value(source, node)


def fail(source: str, node: yaml.Node, problem: str) -> NoReturn:
    """Raise `EventFileError` at a node's place."""
    raise EventFileError(source, node.start_mark.line + 1, node.start_mark.column + 1, problem)


def _composed(compose: Callable[[], T], source: str) -> T:
    try:
        return compose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        context = f"{error.context}, " if error.context else ""
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise EventFileError(source, line, column, f"{context}{error.problem}; expected YAML") from None
    except yaml.YAMLError as error:
        raise EventFileError(source, 1, 1, f"{' '.join(str(error).split())}; expected YAML") from None
    except RecursionError:
        raise EventFileError(source, 1, 1, "found values nested too deep, expected a tracked event") from None


def _kind(node: yaml.Node) -> str:
    match node:
        case yaml.MappingNode():
            return "a mapping"
        case yaml.SequenceNode():
            return "a list"
        case _:
            return f"'{' '.join(str(node.value).split())[:40]}'" if node.value else "nothing"


def _written(node: yaml.ScalarNode) -> str:
    return {None: "on the line of its key", "": "on the line of its key", ">": "after '>'"}.get(node.style, "in quotes")
