"""Write the JSON Schema files from the types: `python -m schemas`."""

import json
from pathlib import Path
from typing import Any

import msgspec

from schemas import Alert, Article, ArticleDeletion, Connector, DeadLetter, Match, Post, PostDeletion, TrackedEvent
from schemas.delivery import Message, Progress

FOLDER = Path(__file__).parent

#: File name -> the types whose records the topic carries.
PUBLISHED: dict[str, Any] = {
    "post": Post | PostDeletion,
    "article": Article | ArticleDeletion,
    "tracked-event": TrackedEvent,
    "match": Match,
    "alert": Alert,
    "webhook": Message,
    "delivery-progress": Progress,
    "connector": Connector,
    "dead-letter": DeadLetter,
}


def generate(name: str) -> str:
    """The JSON Schema (draft 2020-12) of one kind of record, as the text of its file."""
    kind = PUBLISHED[name]
    kinds = kind.__args__ if hasattr(kind, "__args__") else (kind,)
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    body = schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name, **body, "$defs": components}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every file anew."""
    for name in PUBLISHED:
        (FOLDER / f"{name}.schema.json").write_text(generate(name), encoding="utf-8")


if __name__ == "__main__":
    main()
