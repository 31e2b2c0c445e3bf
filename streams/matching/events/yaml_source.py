"""YAML read with care: every value with its place in the file, keys as written, nothing swallowed or guessed.

Turns a text into nodes that say where they stand. Knows YAML and nothing of events.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn

import yaml

from streams.matching.events.yaml_problems import BREAK, explained
from streams.matching.language.errors import EventFileError
from streams.matching.operators import nearest

_LARGEST: Final = 1_000_000
#: In quotes YAML lets half a surrogate pair be written as an escape, which is no text. A block has no escapes.
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
#: What follows a plain scalar that lost its rest to a comment.
_COMMENT: Final = re.compile(r"[ \t]+#")


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a YAML file, of whichever shape, and where it stands; `key` is the one that it is the value of."""

    source: str
    node: yaml.Node
    key: yaml.ScalarNode | None = None

    def fail(self, problem: str) -> NoReturn:
        """Raise `EventFileError` at the value's place."""
        fail(self.source, self.node, problem)

    def fail_at_key(self, problem: str) -> NoReturn:
        """Raise `EventFileError` at the place of the value's key."""
        fail(self.source, self.key or self.node, problem)

    def mapping(self, expected: str, known: frozenset[str] | None = None) -> dict[str, "Value"]:
        """Its entries by key, in order. Keys stay as written; a repeated one, or one not `known`, is an error."""
        if not isinstance(self.node, yaml.MappingNode):
            self.fail(f"found {_kind(self.node)}, expected {expected}")
        found: dict[str, Value] = {}
        for key, value in self.node.value:
            if not isinstance(key, yaml.ScalarNode):
                fail(self.source, key, f"found {_kind(key)} as a key, expected a name")
            name = _text(self.source, key)
            if name in found:
                fail(self.source, key, f"found the key '{name}' a second time, expected it once; rename or remove one")
            if known is not None and name not in known:
                expected_keys = f"expected one of {', '.join(sorted(known))}{nearest(name, known)}"
                fail(self.source, key, f"found the unknown key '{name}', {expected_keys}")
            found[name] = Value(self.source, value, key)
        return found

    def items(self, expected: str) -> Iterator["Value"]:
        """Its elements."""
        if isinstance(self.node, yaml.MappingNode):
            self.fail(f"found {_kind(self.node)}, expected {expected}; begin each with '- '")
        if not isinstance(self.node, yaml.SequenceNode):
            self.fail(f"found {_kind(self.node)}, expected {expected}{'; put it in [ ]' if self.node.value else ''}")
        return (Value(self.source, each) for each in self.node.value)

    def text(self, expected: str) -> str:
        """A scalar as written, whatever YAML would make of it."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.fail(f"found {_kind(self.node)}, expected {expected}")
        if not self.node.value.strip():
            self.fail(f"found nothing, expected {expected}")
        return _text(self.source, self.node)

    def free_text(self, expected: str) -> str:
        """A scalar that may hold anything, so that ' #' may be meant: one that YAML cuts there is refused."""
        end = self.node.end_mark
        if (
            isinstance(self.node, yaml.ScalarNode)
            and not self.node.style
            and end.buffer is not None
            and _COMMENT.match(end.buffer, end.pointer)
        ):
            self.fail(
                f"found {expected} that YAML cuts off at ' #'; put the value in quotes, "
                "or the comment on a line of its own"
            )
        return self.text(expected)

    def block(self) -> "Block":
        """A rule: a literal block scalar, the only form of which YAML swallows nothing and keeps the lines."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.fail(f"found {_kind(self.node)}, expected a rule after '|' on lines of its own")
        if self.key is not None and self.node.style not in ("|", ">") and self._is_below_its_key(self.key):
            self.fail_at_key(
                f"found a rule without '|' after its key, expected {self.key.value}: | "
                "and the rule on the following lines"
            )
        if not (self.node.value or self.node.style):
            self.fail("found no rule, expected one; write '|' here and the rule on the next line, indented")
        if self.node.style != "|":
            self.fail(
                f"found a rule {_written(self.node)}, in which YAML can swallow parts of it (all after ' #', for one); "
                "write '|' here and the rule on the next line"
            )
        return Block(self.source, self.node)

    def _is_below_its_key(self, key: yaml.ScalarNode) -> bool:
        return bool(self.node.value) and self.node.start_mark.line > key.start_mark.line


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
        written = BREAK.split(lines)[row].rstrip("\r\0")
        kept = BREAK.split(self._node.value)[row - self._node.start_mark.line - 1]
        return max(len(written) - len(kept), 0)


def read(text: str, source: str, expected: str = "a tracked event") -> Value:
    """The one document of a YAML text, which is to hold what is `expected`. Raises `EventFileError` for all else."""
    if len(text) > _LARGEST:
        raise EventFileError(source, 1, 1, f"found {len(text):,} characters, expected at most {_LARGEST:,}")
    start = re.match(r"[\ufeff \t\r\n]*\{", text)
    if start:
        line, column = text.count("\n", 0, start.end()) + 1, start.end() - text.rfind("\n", 0, start.end()) - 1
        said = "found '{', expected YAML; this looks like NDJSON; tocsin ingest files sends posts"
        raise EventFileError(source, line, column, said)
    node = _composed(text, source, expected)
    if node is None:
        raise EventFileError(source, 1, 1, f"found an empty file, expected {expected}")
    return Value(source, node)


def fail(source: str, node: yaml.Node, problem: str) -> NoReturn:
    """Raise `EventFileError` at a node's place."""
    raise EventFileError(source, node.start_mark.line + 1, node.start_mark.column + 1, problem)


def _text(source: str, node: yaml.ScalarNode) -> str:
    text: str = node.value
    half = _SURROGATE.search(text)
    if half:
        problem = f"found \\u{ord(half[0]):04x}, half a character, expected a whole one; write the character itself"
        fail(source, node, problem)
    return text


def _composed(text: str, source: str, expected: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark, problem = explained(error)
        raise EventFileError(source, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, problem) from None
    except yaml.reader.ReaderError as error:
        lines = BREAK.split(text[: error.position])
        problem = f"found the character U+{error.character:04X}, which YAML forbids, expected text; remove it"
        raise EventFileError(source, len(lines), len(lines[-1]) + 1, problem) from None
    except yaml.YAMLError as error:
        raise EventFileError(source, 1, 1, f"{' '.join(str(error).split())}; expected YAML") from None
    except RecursionError:
        raise EventFileError(source, 1, 1, f"found values nested too deep, expected {expected}") from None


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
