"""Every setting, its environment variable, default and unit, in one place.

A setting NAME is read from the variable NAME, or from the file that NAME_FILE names (for secrets). Nothing here shows a
secret: not an error, not a representation. Knows nothing of what the settings are used for.
"""

import os
import re
import ssl
import sys
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from streams.errors import UserError

#: What TOCSIN_REDIS may begin with.
REDIS_SCHEMES = ("redis", "rediss", "redis+cluster", "rediss+cluster", "unix")

#: The highest port.
PORTS = 65_535

#: What a text setting has to look like, and how an error says so. A brace would move keys of a Redis Cluster.
NAME = (r"[A-Za-z0-9._:-]+", "letters, digits, . _ : and -, at least one")
TOPIC_PREFIX = (r"[A-Za-z0-9._-]*", "letters, digits, . _ and -")
PAGE = (r"(?:https?://[^\s/]\S*)?", "http:// or https:// and a host")

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def setting(
    default: Any,
    help: str,
    *,
    secret: bool = False,
    least: int = 0,
    most: int = sys.maxsize,
    choices: Sequence[str] | None = None,
    form: tuple[str, str] | None = None,
) -> Any:
    """One setting's default, the sentence that `doctor` and the operations page show, its bounds, choices or form."""
    metadata = {"help": help, "secret": secret, "least": least, "most": most, "choices": choices, "form": form}
    return field(default=default, metadata=metadata, repr=not secret)


def parse_duration(text: str) -> int:
    """Seconds of a duration such as `90s`, `15m`, `36h` or `7d`. Raises ValueError for anything else."""
    found = re.fullmatch(r"([0-9]+)([smhd])", text.strip())
    if not found:
        raise ValueError(f"expected a number with its unit, such as 90s, 15m, 36h or 7d, found {text!r}")
    return int(found[1]) * _UNITS[found[2]]


def spell_duration(seconds: float) -> str:
    """Seconds as the settings spell them: `36h`, `7d`."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds // length:g}{unit}"
    return f"{seconds:g}s"


class Duration(int):
    """A number of seconds; its setting is written with a unit."""


class Certificates(str):
    """Certificates in PEM, one after the other; none: the system's."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, read once at start. Field `x_y` is the variable `TOCSIN_X_Y`."""

    kafka: str = setting("127.0.0.1:9092", "Kafka bootstrap servers, comma-separated host:port")
    kafka_security: str = setting(
        "PLAINTEXT",
        "what the brokers ask for: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
        choices=("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
    )
    kafka_ca: Certificates = setting(
        Certificates(), "PEM certificates that the brokers' must be signed by; none: those that the system trusts"
    )
    kafka_mechanism: str = setting(
        "SCRAM-SHA-512",
        "how SASL proves the password: SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN",
        choices=("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"),
    )
    kafka_user: str = setting("", "user name for SASL")
    kafka_password: str = setting("", "password for SASL", secret=True)
    redis: str = setting(
        "redis://127.0.0.1:6379/0",
        "Redis URL, redis://USER:PASSWORD@HOST:PORT/DB; rediss:// for TLS, redis+cluster:// or rediss+cluster:// for a "
        "Redis Cluster, HOST:PORT of several of its nodes separated by commas",
        secret=True,
    )
    redis_ca: Certificates = setting(
        Certificates(), "PEM certificates that Redis' may be signed by, beside those that the system trusts"
    )
    group: str = setting("tocsin", "Kafka consumer group of the workers", form=NAME)
    prefix: str = setting("tocsin", "first part of every Redis key; separates environments", form=NAME)
    topic_prefix: str = setting("", "put before every topic's name; separates environments", form=TOPIC_PREFIX)
    partitions: int = setting(24, "partitions of `posts` and of `articles`, for life", least=1)
    replication: int = setting(1, "replication factor that `tocsin topics create` asks for", least=1)
    lateness: Duration = setting(
        Duration(2 * 86_400), "a record whose time lies longer than this before its Kafka timestamp is late"
    )
    retention: Duration = setting(Duration(7 * 86_400), "how long Kafka keeps `posts` and `articles`", least=1)
    run_records: int = setting(1_000, "most records of one partition that a worker handles as one run", least=1)
    commit_interval: Duration = setting(Duration(1), "how often a worker commits offsets", least=1)
    session: Duration = setting(
        Duration(30), "without a heartbeat for so long, Kafka gives a worker's partitions to another", least=1
    )
    instance: str = setting("", "a worker's lasting name in the group (one each): a quick restart moves no partition")
    start_limit: Duration = setting(
        Duration(60), "how long a worker or `serve` retries Kafka and Redis at start; a command typed by hand: 5 s"
    )
    host: str = setting("127.0.0.1", "address on which `serve` and the worker's /metrics listen")
    serve_port: int = setting(8_080, "port of `tocsin serve`", most=PORTS)
    worker_port: int = setting(
        6_066, "port of a worker's /metrics, /healthz and /readyz; another for each", least=1, most=PORTS
    )
    ingest_port: int = setting(
        0, "port of an ingest process's /metrics and /healthz; another for each; 0: none", most=PORTS
    )
    mastodon_token: str = setting("", "access token for `tocsin ingest mastodon`", secret=True)
    truthsocial_token: str = setting("", "access token for `tocsin ingest truthsocial`", secret=True)
    x_token: str = setting("", "bearer token of an X app, for `tocsin ingest x`", secret=True)
    telegram_token: str = setting("", "token of the bot that `tocsin ingest telegram` reads channels with", secret=True)
    token: str = setting("", "bearer token that POST /ingest asks for; none: those paths answer 403", secret=True)
    grafana: str = setting(
        "", "URL under which people reach Grafana: an alert links to its panel; none: no link", form=PAGE
    )
    endpoints: str = setting(
        "",
        "YAML file of the endpoints that are told of alerts, read again when it changes; or the YAML itself",
        secret=True,
    )
    max_series: int = setting(50_000, "most series that /metrics exposes; what is left out is counted")
    log_format: str = setting("text", "`text` or `json` (one JSON object a line)", choices=("text", "json"))
    log_level: str = setting("INFO", "DEBUG, INFO, WARNING or ERROR", choices=("DEBUG", "INFO", "WARNING", "ERROR"))

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
        settings._check_kafka()
        settings._check_redis()
        return settings

    def _check_kafka(self) -> None:
        for server in self.kafka.split(","):
            if not re.fullmatch(r"(?:[^\s:/@]+|\[[0-9a-fA-F:]+\]):[0-9]+", server.strip()):
                found = server.rsplit("@", 1)[-1]  # whoever writes user:password@ must not read it in a log
                raise UserError(f"TOCSIN_KAFKA: expected host:port, several separated by commas, found {found!r}")
        security = f"TOCSIN_KAFKA_SECURITY is {self.kafka_security}"
        if self.kafka_security.startswith("SASL") and not (self.kafka_user and self.kafka_password):
            raise UserError(
                f"{security}: set TOCSIN_KAFKA_USER and TOCSIN_KAFKA_PASSWORD (or TOCSIN_KAFKA_PASSWORD_FILE)"
            )
        if not self.kafka_security.startswith("SASL") and (self.kafka_user or self.kafka_password):
            raise UserError(f"{security}, which has no use for a user or a password: set SASL_SSL, or leave both out")
        if not self.kafka_security.endswith("SSL") and self.kafka_ca:
            raise UserError(f"{security}, which has no use for TOCSIN_KAFKA_CA: set SSL or SASL_SSL, or leave it out")

    def _check_redis(self) -> None:
        scheme = self.redis.partition("://")[0]
        if scheme not in REDIS_SCHEMES:
            expected = "redis://HOST:PORT/DB (rediss:// for TLS)"
            raise UserError(f"TOCSIN_REDIS: expected {expected}, found another URL (not shown: it may hold a password)")
        try:
            url = urlsplit(self.redis)
            hosts = url.netloc.rpartition("@")[2]
            for host in hosts.split(",") if "+cluster" in scheme else [hosts]:
                port = re.search(r":([0-9]+)$", host)
                if port and int(port[1]) > PORTS:
                    raise UserError(f"TOCSIN_REDIS: expected a port up to {PORTS}, found {port[1]}")
                _ = urlsplit(f"//{host}").port
            cut = "@" in url.path + url.query + url.fragment
        except ValueError:
            cut = True
        if cut:  # by a sign of the password
            told = "write the signs / # ? @ : [ ] % of a password as %2F %23 %3F %40 %3A %5B %5D %25"
            raise UserError(f"TOCSIN_REDIS: expected redis://USER:PASSWORD@HOST:PORT/DB, found no such URL: {told}")
        path = urlsplit(self.redis).path
        if scheme in ("redis", "rediss") and not re.fullmatch(r"/?|/[0-9]+", path):
            raise UserError("TOCSIN_REDIS: expected the number of a database after the port, as in redis://HOST:PORT/0")
        if self.redis_ca and not scheme.startswith("rediss"):
            raise UserError(f"TOCSIN_REDIS is {scheme}://, which has no use for TOCSIN_REDIS_CA: write rediss://")

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
    except ValueError:
        raise UserError(f"{file_name}: {environment[file_name]} is not a text file in UTF-8") from None


def _convert(each: "Field[Any]", name: str, text: str) -> Any:
    assert each.default is not MISSING
    try:
        match each.default:
            case Duration():
                return _duration(text, each.metadata["least"])
            case int():
                return _number(text, each.metadata["least"], each.metadata["most"])
            case Certificates():
                return _certificates(text)
            case _:
                return _formed(_one_of(text, each.metadata["choices"]), each.metadata["form"])
    except ValueError as error:
        raise UserError(f"{name}: {error}") from None


def _duration(text: str, least: int) -> Duration:
    seconds = parse_duration(text)
    if seconds < least:
        raise ValueError(f"expected {spell_duration(least)} or more, found {text!r}")
    return Duration(seconds)


def _formed(text: str, form: tuple[str, str] | None) -> str:
    if form is not None and not re.fullmatch(form[0], text):
        raise ValueError(f"expected {form[1]}, found {text!r}")
    return text


def _number(text: str, least: int, most: int) -> int:
    if not re.fullmatch(r"\s*[0-9]{1,18}\s*", text) or not least <= int(text) <= most:
        bounds = f"from {least} on" if most == sys.maxsize else f"from {least} to {most}"
        raise ValueError(f"expected a whole number {bounds}, found {text!r}")
    return int(text)


def _certificates(text: str) -> Certificates:
    if not text:
        return Certificates()
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError, TypeError):  # of text beyond ASCII the last
        raise ValueError(
            "expected certificates in PEM, -----BEGIN CERTIFICATE----- and so on; a variable that ends in _FILE names "
            "a file of them"
        ) from None
    return Certificates(text)


def _one_of(text: str, choices: Sequence[str] | None) -> str:
    if choices is not None and text not in choices:
        raise ValueError(f"expected {', '.join(choices[:-1])} or {choices[-1]}, found {text!r}")
    return text
