"""The one exception that reaches a person: its message is a whole line saying what, where and what to do."""


class UserError(Exception):
    """A mistake or an absence that the user can mend. Commands print it as one line and exit with `code`."""

    def __init__(self, message: str, *, code: int = 2) -> None:
        super().__init__(message)
        self.code = code
