"""What is found: an entity and its place."""

import msgspec


class Entity(msgspec.Struct, frozen=True, gc=False):
    """An entity as written, without its sign, and the characters [start, end) that it takes up together with it."""

    text: str
    start: int
    end: int
