"""Settings are read from the environment or from files, and a wrong one is named."""

from pathlib import Path

import pytest

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
    ],
)
def test_what_cannot_be_read_is_named_in_one_line(variables: dict[str, str], named: str) -> None:
    with pytest.raises(UserError, match=named) as caught:
        Settings.from_environment(variables)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("text", "seconds"), [("0s", 0), ("90s", 90), ("15m", 900), ("7d", 604_800)])
def test_durations_have_units(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds
