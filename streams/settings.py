"""Every setting, its environment variable, default and unit, in one place.

A setting NAME is read from the variable NAME, or from the file that NAME_FILE names (for secrets). Knows nothing of
what the settings are used for.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from streams.errors import UserError

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def setting(default: Any, help: str, *, secret: bool = False, least: int = 0) -> Any:
    """One setting's default, the sentence that `doctor` and the operations page show, and its least number."""
    return field(default=default, metadata={"help": help, "secret": secret, "least": least})


def parse_duration(text: str) -> int:
    """Seconds of a duration such as `90s`, `15m`, `36h` or `7d`. Raises ValueError for anything else."""
    found = re.fullmatch(r"([0-9]+)([smhd])", text.strip())
    if not found:
        raise ValueError(f"expected a number with its unit, such as 90s, 15m, 36h or 7d, found {text!r}")
    return int(found[1]) * _UNITS[found[2]]


class Duration(int):
    """A number of seconds; its setting is written with a unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, read once at start. Field `x_y` is the variable `TOCSIN_X_Y`."""

    kafka: str = setting("127.0.0.1:9092", "Kafka bootstrap servers, comma-separated host:port")
    redis: str = setting("redis://127.0.0.1:6379/0", "Redis URL; redis+cluster:// for a Redis Cluster", secret=True)
    group: str = setting("tocsin", "Kafka consumer group of the workers")
    prefix: str = setting("tocsin", "first part of every Redis key; separates environments")
    topic_prefix: str = setting("", "put before every topic's name; separates environments")
    partitions: int = setting(24, "partitions of `posts` and of `articles`, for life", least=1)
    replication: int = setting(1, "replication factor that `tocsin topics create` asks for", least=1)
    lateness: Duration = setting(
        Duration(2 * 86_400), "a record whose time lies longer than this before its Kafka timestamp is late"
    )
    retention: Duration = setting(Duration(7 * 86_400), "how long Kafka keeps `posts` and `articles`")
    run_records: int = setting(1_000, "most records of one partition that a worker handles as one run", least=1)
    commit_interval: Duration = setting(Duration(1), "how often a worker commits offsets")
    session: Duration = setting(
        Duration(30), "without a heartbeat for so long, Kafka gives a worker's partitions to another"
    )
    instance: str = setting("", "a worker's lasting name in the group (one each): a quick restart moves no partition")
    start_limit: Duration = setting(
        Duration(60), "how long a worker or `serve` retries Kafka and Redis at start; a command typed by hand: 5 s"
    )
    host: str = setting("127.0.0.1", "address on which `serve` and the worker's /metrics listen")
    serve_port: int = setting(8_080, "port of `tocsin serve`")
    worker_port: int = setting(6_066, "port of a worker's /metrics, /healthz and /readyz; another for each", least=1)
    token: str = setting("", "bearer token that POST /ingest asks for; none: those paths answer 403", secret=True)
    max_series: int = setting(50_000, "most series that /metrics exposes; what is left out is counted")
    log_format: str = setting("text", "`text` or `json` (one JSON object a line)")
    log_level: str = setting("INFO", "DEBUG, INFO, WARNING or ERROR")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """The settings of this environment. Raises `UserError` naming the variable that cannot be read."""
        values = {}
        for each in fields(cls):
            found = _lookup(variable(each), environment)
            if found is not None:
                name, text = found
                values[each.name] = _convert(each, name, text)
        settings = cls(**values)
        settings._check_addresses()
        return settings

    def _check_addresses(self) -> None:
        if not self.redis.startswith(("redis://", "rediss://", "redis+cluster://", "unix://")):
            found = self.redis.rsplit("@", 1)[-1]
            raise UserError(f"TOCSIN_REDIS: expected redis://HOST:PORT/DB, found {found!r}")
        for server in self.kafka.split(","):
            if not re.fullmatch(r"(?:[^\s:/]+|\[[0-9a-fA-F:]+\]):[0-9]+", server.strip()):
                raise UserError(f"TOCSIN_KAFKA: expected host:port, several separated by commas, found {server!r}")

    @property
    def keep(self) -> int:
        """Seconds that ledger and index outlive their bucket: lateness + retention."""
        return self.lateness + self.retention

    def topic(self, name: str) -> str:
        """The full name of a topic."""
        return self.topic_prefix + name


def variable(of: "Field[Any]") -> str:
    """The environment variable of a setting."""
    return f"TOCSIN_{of.name.upper()}"


def _lookup(name: str, environment: Mapping[str, str]) -> tuple[str, str] | None:
    if name in environment:
        return name, environment[name]
    file_name = f"{name}_FILE"
    if file_name not in environment:
        return None
    try:
        return file_name, Path(environment[file_name]).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UserError(f"{file_name}: cannot read {environment[file_name]}: {error.strerror}") from None


def _convert(each: "Field[Any]", name: str, text: str) -> Any:
    assert each.default is not MISSING
    try:
        match each.default:
            case Duration():
                return Duration(parse_duration(text))
            case int():
                return _number(text, each.metadata["least"])
            case _:
                return text
    except ValueError as error:
        raise UserError(f"{name}: {error}") from None


def _number(text: str, least: int) -> int:
    if not text.strip().isdigit() or int(text) < least:
        raise ValueError(f"expected a whole number from {least} on, found {text!r}")
    return int(text)
