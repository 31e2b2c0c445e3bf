"""Logging for every process: one line each, text on a terminal, JSON where a program reads. Never a post's text."""

import logging
from datetime import UTC, datetime
from typing import Any

import orjson

from streams.errors import printable
from streams.settings import Settings

#: Loggers that repeat themselves ten times a second while a broker is away, or tell of each file that they load.
_NOISY = ("aiokafka", "faust", "mode", "stamina", "asyncio", "pymorphy3")
_REPEATING = (*_NOISY, "streams.worker", "streams.connections.patience", "streams.alerts.delivery.delivery")
_SILENCE = 10.0
#: What they warn of, whoever waits for Kafka or Redis says in one line of ours.
_SAID_OTHERWISE = ("aiokafka", "stamina")


class Sparing(logging.Filter):
    """Lets a library, or a worker that waits, say the same thing once in ten seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, object], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to log it."""
        if not record.name.startswith(_REPEATING):
            return True
        # What libraries say of two things is the same to us; what we say of two things is not.
        what = (record.name, record.getMessage() if record.name.startswith("streams.") else record.msg)
        if 0 <= record.created - self._said.get(what, 0.0) < _SILENCE:  # less: the clock was set back
            return False
        if len(self._said) > 1_000:
            self._said.clear()
        self._said[what] = record.created
        return True


class TextFormatter(logging.Formatter):
    """One line, and the exception's where there is one; what others wrote adds no line and steers no terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The line itself."""
        return super().formatMessage(record).replace("\n", "\\n")

    def format(self, record: logging.LogRecord) -> str:
        """The line and the exception."""
        return printable(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the exception where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line).decode()


def config(settings: Settings) -> dict[str, Any]:
    """The dictionary for `logging.config.dictConfig`: everything to standard error."""
    text = {"()": TextFormatter, "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
    formatters = {"text": text, "json": {"()": JsonFormatter}}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": formatters,
        "filters": {"sparing": {"()": Sparing}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stderr",
                "filters": ["sparing"],
                "formatter": "json" if settings.log_format == "json" else "text",
            }
        },
        "root": {"level": settings.log_level, "handlers": ["stderr"]},
        "loggers": {name: {"level": "WARNING"} for name in _NOISY}
        | {name: {"level": "CRITICAL"} for name in _SAID_OTHERWISE},
    }
