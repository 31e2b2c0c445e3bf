"""`tocsin doctor` finds what is wrong, says what to do, and fails where a promise is broken."""

from pathlib import Path

import pytest
from redis import Redis as RedisClient

from streams.embedded import free_port
from tests.brokers import Kafka, Redis
from tests.integration.system import System


@pytest.fixture
def system(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> System:
    """A Tocsin of which nothing was set up yet."""
    return System(kafka, redis_server, prefix, tmp_path)


def levels(system: System, expect: int) -> dict[str, str]:
    """What was found -> its level."""
    (report,) = system.tocsin_json("doctor", expect=expect)
    assert report["ok"] is (expect == 0)
    return {check["what"]: check["level"] for check in report["checks"]}


def level_of(found: dict[str, str], words: str) -> str:
    """The level of the one finding that holds these words."""
    found_levels = [level for what, level in found.items() if words in what]
    assert len(found_levels) == 1, found
    return found_levels[0]


def test_missing_topics_fail(system: System) -> None:
    """Before `topics create` it says so and how to; afterwards nothing fails."""
    said = system.tocsin("doctor", expect=1)
    assert "FAIL  topics are missing" in said
    assert "run `tocsin topics create`" in said
    system.tocsin("topics", "create")
    found = levels(system, 0)
    assert level_of(found, "with the right partitions and settings") == "ok"
    assert level_of(found, "no worker runs") == "warn"
    assert level_of(found, "append-only file is on") == "ok"


def test_a_log_kept_longer_than_the_ledger_fails(system: System) -> None:
    """Topics whose retention is longer than what Redis keeps counts for are named with the command that mends them."""
    system.create_topics()
    system.variables |= {"TOCSIN_RETENTION": "5d", "TOCSIN_PARTITIONS": "8"}
    said = system.tocsin("doctor", expect=1)
    posts = system.settings.topic("posts")
    assert f"FAIL  topic {posts} keeps records 7d, TOCSIN_RETENTION says 5d" in said
    assert "set TOCSIN_RETENTION=7d, or: kafka-configs.sh" in said
    assert f"--entity-name {posts} --alter --add-config retention.ms=432000000" in said
    assert f"warn  topic {posts} has 4 partitions, expected 8" in said


def test_a_redis_that_evicts_fails(system: System, redis_server: Redis) -> None:
    """Only noeviction keeps counts."""
    system.create_topics()
    with RedisClient.from_url(redis_server.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            assert level_of(levels(system, 1), "maxmemory-policy is allkeys-lru") == "FAIL"
        finally:
            client.config_set("maxmemory-policy", "noeviction")


def test_counts_of_another_layout_fail(system: System, redis_server: Redis) -> None:
    """A Redis whose counts another release wrote is not read as if they were ours."""
    system.create_topics()
    with RedisClient.from_url(redis_server.url) as client:
        client.set(f"{system.settings.prefix}:layout", 99)
        assert level_of(levels(system, 1), "layout '99'") == "FAIL"
        client.delete(f"{system.settings.prefix}:layout")


def test_a_mistyped_setting_is_named(system: System) -> None:
    """A variable that is no setting changes nothing silently."""
    system.variables["TOCSIN_RETENTOIN"] = "9d"
    assert "TOCSIN_RETENTOIN is no setting - did you mean TOCSIN_RETENTION?" in system.tocsin("doctor", expect=1)


def test_absent_servers_are_named(system: System) -> None:
    """Where neither answers it names both addresses and settings, without waiting for them."""
    kafka, redis = free_port(), free_port()
    system.variables |= {"TOCSIN_KAFKA": f"127.0.0.1:{kafka}", "TOCSIN_REDIS": f"redis://127.0.0.1:{redis}/0"}
    said = system.tocsin("doctor", expect=1)
    assert f"FAIL  Kafka at 127.0.0.1:{kafka} does not answer" in said
    assert "TOCSIN_KAFKA" in said
    assert f"FAIL  Redis at 127.0.0.1:{redis} does not answer" in said
    assert "TOCSIN_REDIS" in said


def test_settings_are_listed_with_secrets_masked(system: System) -> None:
    """--settings shows every setting's value and default, and no password."""
    system.variables |= {"TOCSIN_REDIS": "redis://me:hunter2@127.0.0.1:6379/0", "TOCSIN_TOKEN": "open-sesame"}
    (report,) = system.tocsin_json("doctor", "--settings")
    shown = {each["variable"]: each for each in report["settings"]}
    assert shown["TOCSIN_REDIS"]["value"] == "redis://me:***@127.0.0.1:6379/0"
    assert shown["TOCSIN_TOKEN"]["value"] == "***"
    assert shown["TOCSIN_RETENTION"] | {"help": ""} == {
        "variable": "TOCSIN_RETENTION", "value": "7d", "default": "7d", "help": "",
    }  # fmt: skip
    plain = system.tocsin("doctor", "--settings")
    assert "hunter2" not in plain
    assert "open-sesame" not in plain
