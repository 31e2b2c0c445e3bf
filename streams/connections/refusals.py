"""Why Kafka or Redis refuses us for good, and what to do: a password, a certificate, TLS where there is none.

Tells a refusal from an absence, which passes, and says how an absence shows, in the system's own words. Knows errors
only; connects to nothing.
"""

import os
import re
import ssl

from aiokafka.errors import (
    AuthenticationFailedError,
    IllegalSaslStateError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from redis.exceptions import AuthenticationError


def kafka_refusal(error: BaseException) -> str | None:
    """Why Kafka will go on refusing us and what to do, from the words after its name; None where it is only away."""
    match error:
        case SaslAuthenticationFailed() | IllegalSaslStateError() | AuthenticationFailedError():
            return "refuses the password: set TOCSIN_KAFKA_USER, TOCSIN_KAFKA_PASSWORD and TOCSIN_KAFKA_MECHANISM right"
        case UnsupportedSaslMechanismError():
            return "does not know TOCSIN_KAFKA_MECHANISM: set one that the brokers' sasl.enabled.mechanisms name"
        case ssl.SSLError():
            return _tls_refusal(error, "TOCSIN_KAFKA_CA_FILE", "set TOCSIN_KAFKA_SECURITY to what the listener speaks")
        case _:
            return None


def redis_refusal(error: BaseException) -> str | None:
    """The same for Redis, whose library raises errors of its own over the cause."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, AuthenticationError):
            return "refuses user and password: set them right in TOCSIN_REDIS, redis://USER:PASSWORD@HOST:PORT/DB"
        if isinstance(cause, ssl.SSLError):
            return _tls_refusal(cause, "TOCSIN_REDIS_CA_FILE", "write redis:// in TOCSIN_REDIS, or the port that does")
        cause = cause.__cause__ or cause.__context__
    return None


def how_away(error: BaseException) -> str:
    """How a server that is away shows it, in few words: connection refused, name or service not known.

    For logs too: redis-py's errors are without their words in `repr`.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError) and cause.errno is not None:
            return (os.strerror(cause.errno) if cause.errno > 0 else cause.strerror or str(cause)).lower()
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    said = " ".join(str(error).split()).removesuffix(".")
    number = re.search(r"\[Errno (\d+)\]", said)  # a name of several addresses: an error for each, in one text
    return os.strerror(int(number[1])).lower() if number else said or type(error).__name__


def _tls_refusal(error: ssl.SSLError, setting: str, instead: str) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"shows a certificate that is not trusted ({error.verify_message}): name the file of the authority that "
            f"signed it in {setting}, and the host as the certificate does"
        )
    return f"does not speak TLS there ({error.reason}): {instead}"
