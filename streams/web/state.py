"""What the handlers share: settings, Redis, the readers over it and the log, the door into Kafka.

Made and closed by the app.
"""

from dataclasses import dataclass

from aiohttp import web

from streams.connections import RedisLink
from streams.evidence import Evidence
from streams.settings import Settings
from streams.trends import Catalog, Windows
from streams.trends.outlook import Outlook
from streams.web.door import Door
from streams.web.outbox import Outbox
from streams.web.scrapes import Scrapes
from streams.web.voices import VoiceCounts


@dataclass(frozen=True, slots=True)
class State:
    """One of each for the whole process."""

    settings: Settings
    redis: RedisLink
    catalog: Catalog
    windows: Windows
    scrapes: Scrapes
    door: Door
    outlook: Outlook
    evidence: Evidence
    voices: VoiceCounts
    outbox: Outbox


STATE: web.AppKey[State] = web.AppKey("state", State)
