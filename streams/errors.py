"""The one exception that reaches a person: its message is a whole line saying what, where and what to do.

And how what others wrote is shown to one: no sign of it steers the terminal.
"""

import re

_STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """The text with each sign that steers a terminal or turns the order of reading as its escape; line feeds stay."""
    return _STEERING.sub(lambda sign: repr(sign[0])[1:-1], text)


class UserError(Exception):
    """A mistake or an absence that the user can mend. Commands print it as one line and exit with `code`."""

    def __init__(self, message: str, *, code: int = 2) -> None:
        super().__init__(printable(message))
        self.code = code
