"""The rule language and its matcher: pure functions from tracked events and records to hits and their reasons.

Owns what a rule means, how texts read, and which events a record matches. Knows no Kafka, no Redis and no clock, and
reads no file: who calls it brings texts and instants.
"""

from streams.matching.engine.compiled import CompiledEvent, Hit, compile_event
from streams.matching.engine.matcher import Matcher
from streams.matching.events.check import RuleReport, check_event, report_event
from streams.matching.events.tracked import EventDraft, content_digest, load_event, parse_list, renewed, seal
from streams.matching.language.errors import EventFileError, RuleError
from streams.matching.language.inflection import Inflected, expand
from streams.matching.texts.fingerprint import fingerprint
from streams.matching.version import ENGINE

__all__ = [
    "ENGINE",
    "CompiledEvent",
    "EventDraft",
    "EventFileError",
    "Hit",
    "Inflected",
    "Matcher",
    "RuleError",
    "RuleReport",
    "check_event",
    "compile_event",
    "content_digest",
    "expand",
    "fingerprint",
    "load_event",
    "parse_list",
    "renewed",
    "report_event",
    "seal",
]
