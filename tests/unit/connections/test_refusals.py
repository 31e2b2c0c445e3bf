"""What a refusal by Kafka or Redis is called, and how Redis' address is shown."""

import socket
import ssl

import pytest
from aiokafka.errors import KafkaConnectionError, SaslAuthenticationFailed, UnsupportedSaslMechanismError
from redis.exceptions import AuthenticationError
from redis.exceptions import ConnectionError as RedisConnectionError

from streams.connections import how_away, kafka_refusal, redis_address, redis_refusal
from streams.settings import Settings


def of_tls() -> ssl.SSLError:
    """What a server that speaks no TLS is met with."""
    error = ssl.SSLError(1, "wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SaslAuthenticationFailed(), "refuses the password"),
        (UnsupportedSaslMechanismError(), "TOCSIN_KAFKA_MECHANISM"),
        (of_tls(), "TOCSIN_KAFKA_SECURITY"),
        (KafkaConnectionError(), None),
        (ConnectionRefusedError(), None),
    ],
)
def test_kafka_refuses_for_good_or_is_only_away(error: Exception, told: str | None) -> None:
    found = kafka_refusal(error)
    assert found is None if told is None else told in (found or "")


def over(cause: OSError) -> RedisConnectionError:
    """What Redis' library raises over an error of the system."""
    error = RedisConnectionError("Error 111 connecting to 127.0.0.1:1. Connect call failed ('127.0.0.1', 1).")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (over(ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 1)")), "connection refused"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 111] Connect"), "connection refused"),
        (socket.gaierror(-2, "Name or service not known"), "name or service not known"),
        (RedisConnectionError("Connection closed by server."), "Connection closed by server"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_who_is_away_is_told_in_the_systems_own_words(error: Exception, told: str) -> None:
    assert how_away(error) == told


def test_redis_hides_why_behind_errors_of_its_own() -> None:
    away = RedisConnectionError("Error 1 connecting")
    assert redis_refusal(away) is None
    away.__context__ = of_tls()
    assert "does not speak TLS there" in (redis_refusal(away) or "")
    assert "refuses user and password" in (redis_refusal(AuthenticationError()) or "")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://redis:6379/0", "redis:6379"),
        ("rediss://me:hush@redis:6379/0?password=hush", "redis:6379"),
        ("rediss+cluster://:hush@[::1]:7000", "[::1]:7000"),
        ("unix:///run/redis.sock?password=hush", "/run/redis.sock"),
    ],
)
def test_redis_is_shown_without_its_secrets(url: str, address: str) -> None:
    assert redis_address(Settings.from_environment({"TOCSIN_REDIS": url})) == address
