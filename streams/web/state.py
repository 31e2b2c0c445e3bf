"""What the handlers share: settings, Redis, the readers over it, the door into Kafka. Made and closed by the app."""

from dataclasses import dataclass

from aiohttp import web

from streams.connections import RedisLink
from streams.settings import Settings
from streams.trends import Catalog, Windows
from streams.trends.outlook import Outlook
from streams.web.door import Door
from streams.web.readings import Reader


@dataclass(frozen=True, slots=True)
class State:
    """One of each for the whole process."""

    settings: Settings
    redis: RedisLink
    catalog: Catalog
    windows: Windows
    reader: Reader
    door: Door
    outlook: Outlook


STATE: web.AppKey[State] = web.AppKey("state", State)
