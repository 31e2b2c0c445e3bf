"""Libraries that only some connectors need: each is in an extra, and absent until somebody installs it."""

import importlib
from typing import Any

from streams.errors import UserError


def library(name: str, extra: str) -> Any:
    """The module `name`. Raises `UserError` naming the `extra` that brings it where it isn't installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != name.partition(".")[0]:
            raise
        raise UserError(f"this needs the library {name}: pip install 'tocsin[{extra}]'", code=69) from None
