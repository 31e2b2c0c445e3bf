"""Settings are read from the environment or from files, and a wrong one is named."""

from pathlib import Path

import pytest
import trustme

from streams.errors import UserError
from streams.settings import Settings, parse_duration


def test_defaults_hold_without_an_environment() -> None:
    settings = Settings.from_environment({})
    assert settings.kafka == "127.0.0.1:9092"
    assert settings.keep == 9 * 86_400


def test_a_variable_sets_a_value_of_the_defaults_kind() -> None:
    settings = Settings.from_environment({"TOCSIN_LATENESS": "36h", "TOCSIN_PARTITIONS": "6", "TOCSIN_GROUP": "g"})
    assert (settings.lateness, settings.partitions, settings.group) == (36 * 3_600, 6, "g")


def test_a_file_holds_a_secret(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hush\n")
    assert Settings.from_environment({"TOCSIN_TOKEN_FILE": str(tmp_path / "token")}).token == "hush"


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"TOCSIN_PARTITIONS": "many"}, "TOCSIN_PARTITIONS"),
        ({"TOCSIN_RETENTION": "a week"}, "TOCSIN_RETENTION"),
        ({"TOCSIN_RETENTION": "7"}, "TOCSIN_RETENTION"),
        ({"TOCSIN_WORKER_PORT": "0"}, "TOCSIN_WORKER_PORT"),
        ({"TOCSIN_REDIS": "localhost:6379"}, "TOCSIN_REDIS"),
        ({"TOCSIN_KAFKA": "kafka://localhost:9092"}, "TOCSIN_KAFKA"),
        ({"TOCSIN_REDIS_FILE": "/nowhere"}, "TOCSIN_REDIS_FILE"),
        (
            {"TOCSIN_KAFKA_SECURITY": "TLS"},
            "TOCSIN_KAFKA_SECURITY: expected PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
        ),
        (
            {"TOCSIN_KAFKA_SECURITY": "SASL_SSL", "TOCSIN_KAFKA_USER": "me"},
            "set TOCSIN_KAFKA_USER and TOCSIN_KAFKA_PASS",
        ),
        ({"TOCSIN_KAFKA_USER": "me", "TOCSIN_KAFKA_PASSWORD": "hush"}, "has no use for a user or a password: set SASL"),
        ({"TOCSIN_KAFKA_MECHANISM": "GSSAPI"}, "TOCSIN_KAFKA_MECHANISM"),
        ({"TOCSIN_KAFKA_CA": "/etc/ca.pem"}, "TOCSIN_KAFKA_CA: expected certificates in PEM"),
        (
            {"TOCSIN_REDIS_CA_FILE": "/dev/null", "TOCSIN_REDIS_CA": "x"},
            "TOCSIN_REDIS_CA: expected certificates in PEM",
        ),
        ({"TOCSIN_REDIS": "redis://localhost:99999/0"}, "TOCSIN_REDIS: expected a port up to 65535, found 99999"),
        ({"TOCSIN_REDIS": "redis://localhost:6379/counts"}, "TOCSIN_REDIS: expected the number of a database"),
        ({"TOCSIN_COMMIT_INTERVAL": "0s"}, "TOCSIN_COMMIT_INTERVAL: expected 1s or more, found '0s'"),
        ({"TOCSIN_PREFIX": ""}, "TOCSIN_PREFIX: expected letters, digits, . _ : and -, at least one, found ''"),
        ({"TOCSIN_PREFIX": "a{b}"}, "TOCSIN_PREFIX: expected letters, digits"),
        ({"TOCSIN_GROUP": ""}, "TOCSIN_GROUP: expected letters, digits"),
        ({"TOCSIN_TOPIC_PREFIX": "my topics-"}, "TOCSIN_TOPIC_PREFIX: expected letters, digits, . _ and -, found"),
        ({"TOCSIN_GRAFANA": "grafana.example"}, "TOCSIN_GRAFANA: expected http:// or https:// and a host"),
        ({"TOCSIN_LOG_LEVEL": "verbose"}, "TOCSIN_LOG_LEVEL: expected DEBUG, INFO, WARNING or ERROR, found 'verbose'"),
        ({"TOCSIN_SERVE_PORT": "99999"}, "TOCSIN_SERVE_PORT: expected a whole number from 0 to 65535, found '99999'"),
    ],
)
def test_what_cannot_be_read_is_named_in_one_line(variables: dict[str, str], named: str) -> None:
    with pytest.raises(UserError, match=named) as caught:
        Settings.from_environment(variables)
    assert "\n" not in str(caught.value)


def test_certificates_come_from_a_file_and_are_refused_where_nothing_is_encrypted(tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    trustme.CA().cert_pem.write_to_path(authority)
    variables = {"TOCSIN_KAFKA_CA_FILE": str(authority), "TOCSIN_REDIS_CA_FILE": str(authority)}
    secured = {"TOCSIN_KAFKA_SECURITY": "SSL", "TOCSIN_REDIS": "rediss://redis.example:6379/0"}
    settings = Settings.from_environment(variables | secured)
    assert settings.kafka_ca == settings.redis_ca == authority.read_text(encoding="utf-8").strip()
    for name in secured:
        with pytest.raises(UserError, match="has no use for TOCSIN_"):
            Settings.from_environment({each: value for each, value in (variables | secured).items() if each != name})


@pytest.mark.parametrize(
    "variables",
    [
        {"TOCSIN_REDIS": "hunter2"},
        {"TOCSIN_REDIS": "http://me:hunter2@redis"},
        {"TOCSIN_REDIS": "redis://me:hunter2/#@redis:6379/0"},
        {"TOCSIN_REDIS": "redis://me:6379/hunter2@redis:6379/0"},
        {"TOCSIN_REDIS": "redis://[hunter2@redis:6379/0"},
        {"TOCSIN_KAFKA": "me:hunter2@kafka:9092"},
        {"TOCSIN_KAFKA_PASSWORD": "hunter2"},
    ],
)
def test_no_error_shows_a_secret(variables: dict[str, str]) -> None:
    with pytest.raises(UserError, match="TOCSIN_") as caught:
        Settings.from_environment(variables)
    assert "hunter2" not in str(caught.value)


def test_no_representation_shows_a_secret() -> None:
    variables = {
        "TOCSIN_TOKEN": "hunter2", "TOCSIN_REDIS": "redis://:hunter2@redis:6379/0", "TOCSIN_KAFKA_PASSWORD": "hunter2",
        "TOCSIN_KAFKA_USER": "me", "TOCSIN_KAFKA_SECURITY": "SASL_PLAINTEXT",
    }  # fmt: skip
    assert "hunter2" not in repr(Settings.from_environment(variables))


@pytest.mark.parametrize(("text", "seconds"), [("0s", 0), ("90s", 90), ("15m", 900), ("7d", 604_800)])
def test_durations_have_units(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds
