"""The bounds and conventions that all records share."""

from datetime import datetime
from typing import Annotated

import msgspec

#: Greatest version: 48 bits, so that an order packs into eleven bytes; as milliseconds it reaches the year 10889.
MAX_VERSION = 2**48 - 1

Version = Annotated[
    int, msgspec.Meta(ge=0, le=MAX_VERSION, description="monotone per post, milliseconds or a sequence")
]
#: How many of something: what fits into 64 bits, which is what most readers of JSON can hold.
Count = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Instant = Annotated[datetime, msgspec.Meta(tz=True, description="RFC 3339 with an offset")]
Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Short = Annotated[str, msgspec.Meta(max_length=1_000)]
Slug = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,63}(?!\n)$")]


class Record(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An immutable record. Unknown fields are ignored; missing optional fields stay missing."""
