"""Delivery: each alert to each endpoint that wants it, in order, once, however long the receiver was away.

`alerts` is handed out into a line of messages an endpoint, numbered without gaps; one courier an endpoint sends them
one after the other. All of it stands in the compacted topic `deliveries`, which one worker at a time writes. Knows
Kafka, HTTP and the alert record; knows nothing of conditions or counts.
"""

from streams.alerts.delivery.archive import Archive
from streams.alerts.delivery.delivery import Delivery
from streams.alerts.delivery.endpoints import Endpoint, parse
from streams.alerts.delivery.measures import Measures
from streams.alerts.delivery.schedule import Pace
from streams.alerts.delivery.sending import Outcome, Wire, deliver_once
from streams.alerts.delivery.source import EndpointsSource

__all__ = [
    "Archive",
    "Delivery",
    "Endpoint",
    "EndpointsSource",
    "Measures",
    "Outcome",
    "Pace",
    "Wire",
    "deliver_once",
    "parse",
]
