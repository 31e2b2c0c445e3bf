"""What an attempt to deliver says when nobody listens."""

from datetime import UTC, datetime

from schemas.delivery import Message
from streams.alerts.delivery import Pace, deliver_once
from streams.alerts.delivery.endpoints import Endpoint
from streams.embedded import free_port


def test_who_does_not_listen_is_told_in_the_systems_own_words() -> None:
    address = f"http://127.0.0.1:{free_port()}/"
    endpoint = Endpoint("me", "slack", address, allow_http=True, allow_private=True)
    message = Message(id="msg_1", type="test", endpoint="me", sequence=0, timestamp=datetime.now(UTC), alerts=())
    assert deliver_once(endpoint, message, Pace()).said == "no connection: connection refused"
