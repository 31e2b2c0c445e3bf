"""What flows between Tocsin's parts: posts, articles, tracked events, matches, alerts, cursors, dead letters.

Each type is declared once, in its own module; `schemas.codec` turns them into bytes and back, and the JSON Schema
files beside these modules are generated from them (`python -m schemas`). Imports nothing else of Tocsin.
"""

from schemas.alert import Alert, OffsetSpan, Sample
from schemas.article import Article, ArticleDeletion, Outlet
from schemas.connector import Connector, Spell
from schemas.dead_letter import DeadLetter, Reason
from schemas.event import AlertRule, TrackedEvent
from schemas.match import EventMatch, Match, Span
from schemas.post import Author, Embedded, Link, Media, Place, Post, PostDeletion, References

__all__ = [
    "Alert",
    "AlertRule",
    "Article",
    "ArticleDeletion",
    "Author",
    "Connector",
    "DeadLetter",
    "Embedded",
    "EventMatch",
    "Link",
    "Match",
    "Media",
    "OffsetSpan",
    "Outlet",
    "Place",
    "Post",
    "PostDeletion",
    "Reason",
    "References",
    "Sample",
    "Span",
    "Spell",
    "TrackedEvent",
]
