"""What YAML trips over, in words for whoever wrote the file: where to look and what to do.

PyYAML says most of it in its own terms. Knows YAML and nothing of events.
"""

import re
from typing import Final

import yaml

#: Where YAML sees a line end.
BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
#: A line that has a key and the beginning of a value; one whose value touches its colon; a lone word.
_KEY_AND_VALUE: Final = re.compile(r"\s*(?:- +)*[^:#]+:\s+\S")
_TOUCHING: Final = re.compile(r"[\w-]+:\S")
_WORD: Final = re.compile(r"[\w-]+")


def explained(error: yaml.MarkedYAMLError) -> tuple[yaml.Mark | None, str]:
    """Where to look for what YAML tripped over, and what was found, expected and to be done."""
    mark, context, problem = error.problem_mark, error.context_mark, error.problem or ""
    unexpected = re.fullmatch(r"found character '(.+)' that cannot start any token", problem)
    if unexpected and unexpected[1] == "\\t":
        return mark, "found a tab, expected spaces; indent with spaces"
    if unexpected and not unexpected[1].startswith("\\"):
        return mark, f"found '{unexpected[1]}', with which no value can begin; put the value in quotes"
    if problem == "mapping values are not allowed here" and mark:
        if _KEY_AND_VALUE.match(_line(mark)[: mark.column]):
            return mark, "found ': ' in a value, put the value in quotes"
        return mark, "found a key indented deeper than the one before it, expected them alike; remove the spaces"
    if problem == "could not find expected ':'" and context:
        written = _line(context).strip()
        return context, f"found '{written[:40]}', expected a key and ':'; {_as_a_key(_line(context))}"
    if error.context == "while scanning a quoted scalar" and problem.startswith("found unexpected") and context:
        quote = _line(context)[context.column : context.column + 1]
        return context, f"found the quote {quote} that is never closed, expected another; close it"
    if error.context == "expected a single document in the stream":
        return mark, "found a second document, expected one event a file; split it at ---"
    if problem == "expected <block end>, but found '<block mapping start>'":
        return mark, "found a key indented deeper than the ones before it, expected them alike; indent all by as much"
    if problem == "expected <block end>, but found '-'":
        return mark, "found '-' where a key was expected; write a name and ':' in its place"
    unclosed = re.fullmatch(r"expected ',' or '(.)', but got .*", problem)
    if unclosed and context:
        bracket = "[" if unclosed[1] == "]" else "{"
        return context, (
            f"found '{bracket}' without its '{unclosed[1]}', or without a comma after a value, expected both; "
            "add what is missing, and put a value that has , : or brackets in quotes"
        )
    if problem == "expected <block end>, but found '<scalar>'":
        return mark, (
            "found text where a key was expected; write a rule on the lines after 'KEY: |', all indented alike, "
            "and close quotes where a value ends"
        )
    return mark or context, f"{f'{error.context}, ' if error.context else ''}{problem}; expected YAML"


def _as_a_key(line: str) -> str:
    """How a line becomes a key, or part of the rule that it is meant for. Repeats nothing: it may be a secret."""
    written = line.strip()
    if written.endswith("|"):
        return "write ':' after the key"
    if _TOUCHING.match(written):
        return "put a space after the ':'"
    if line[0].isspace() and line[0] not in " \t":
        return f"indent with plain spaces, not U+{ord(line[0]):04X}"
    return "indent the rule under its key by two spaces" + (
        ", or write ':' after it if it is a key" if _WORD.fullmatch(written) else ""
    )


def _line(mark: yaml.Mark) -> str:
    return BREAK.split(mark.buffer)[mark.line].rstrip("\r\0") if mark.buffer else ""
