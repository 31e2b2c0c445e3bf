"""What is wrong with a rule or with an event file, in one line a person can act on.

Both carry where: a rule's error its line and column in the rule, a file's error its line and column in the file.
"""

from streams.errors import UserError


class RuleError(UserError):
    """A rule that cannot be used. `rule` names it within its event: `match`, `parts.x`, `claims.x`, `groups.x`, or ``.

    `line` and `column` count from 1 within the rule's own text; most rules have one line.
    """

    def __init__(self, message: str, column: int = 1, *, line: int = 1, rule: str = "") -> None:
        self.problem = message
        self.column = column
        self.line = line
        self.rule = rule
        place = f"line {line}, column {column}" if line > 1 else f"column {column}"
        super().__init__(f"{rule}: {place}: {message}" if rule else f"{place}: {message}")

    def within(self, rule: str) -> "RuleError":
        """The same error, naming the rule it is in."""
        return RuleError(self.problem, self.column, line=self.line, rule=rule)


class EventFileError(UserError):
    """An event or list file that cannot be used: `source:line:column: what was found, what was expected`."""

    def __init__(self, source: str, line: int, column: int, problem: str) -> None:
        self.source = source
        self.line = line
        self.column = column
        self.problem = problem
        super().__init__(f"{source}:{line}:{column}: {problem}")


def shown(text: str) -> str:
    """A text as an error quotes it: on one line and not too long."""
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:39]}…"


def error(text: str, at: int, message: str) -> RuleError:
    """The error at an offset of a rule's text."""
    start = text.rfind("\n", 0, at) + 1
    return RuleError(message, at - start + 1, line=text.count("\n", 0, at) + 1)
