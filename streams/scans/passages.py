"""Where a rule matched, for reading: each field's text around the words that made it match. Pure."""

from collections.abc import Sequence

from msgspec import Struct

from schemas import Article, Post, Span

#: Characters around the words that matched.
EXCERPT = 400

Piece = tuple[str, str | None]
"""Some of a text, and the rule's term that it is, if any."""


class Passage(Struct, frozen=True):
    """A stretch of one field of a record, in pieces; `cut` where the field goes on before or after it."""

    field: str
    pieces: Sequence[Piece]
    cut: tuple[bool, bool]


def passages(record: Post | Article, spans: Sequence[Span]) -> list[Passage]:
    """The spans in their fields' texts, each text cut to what surrounds its first span."""
    fields: dict[str, list[Span]] = {}
    for span in sorted(spans, key=lambda each: (each.start, -each.end)):
        fields.setdefault(span.field, []).append(span)
    found = []
    for field in sorted(fields, key=list(dict.fromkeys(span.field for span in spans)).index):
        text = _text(record, field)
        if text is not None:
            found.append(_passage(field, text, fields[field]))
    return found


def _passage(field: str, text: str, spans: Sequence[Span]) -> Passage:
    begin = max(0, min(spans[0].start - EXCERPT // 4, len(text) - EXCERPT))
    end = min(len(text), begin + EXCERPT)
    pieces: list[Piece] = []
    at = begin
    for span in spans:
        if span.start < at or span.end > end:  # within one that is shown already, or beyond the excerpt
            continue
        pieces += [(text[at : span.start], None)] if span.start > at else []
        pieces.append((text[span.start : span.end], span.term))
        at = span.end
    pieces += [(text[at:end], None)] if at < end else []
    return Passage(field, pieces, (begin > 0, end < len(text)))


def _text(record: Post | Article, path: str) -> str | None:
    """The text that a span's field names: `text`, `reposted.author.handle`, `links.0.expanded`."""
    found: object = record
    for name in path.split("."):
        if isinstance(found, tuple):
            found = found[int(name)] if name.isdecimal() and int(name) < len(found) else None
        else:
            found = getattr(found, name, None)
    return found if isinstance(found, str) else None
