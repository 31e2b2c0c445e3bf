"""The number of the engine: part of every revision, raised by whatever changes what a rule matches."""

from typing import Final

ENGINE: Final = 2
