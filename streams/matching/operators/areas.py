"""Operators on where a post was written: circles and boxes on the globe.

A post stands at its exact point; where it names only a place, at the middle of the place's box. X's documentation says
that the whole place has to lie within; its recorded answers take Lafayette, CO into a circle that its box leaves by 1.6
miles and leave Broomfield, CO out, whose box reaches 3 miles into it and whose middle does not.
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol, TypeAlias

from schemas import Place, Post
from streams.matching.operators.kinds import ANY, Evidence, Record

#: Longitude and latitude in degrees.
Point: TypeAlias = tuple[float, float]

_NUMBER: Final = r"[+-]?\d{1,5}(?:\.\d{1,20})?"
_CIRCLE: Final = re.compile(rf"\[?\s*({_NUMBER})\s+({_NUMBER})\s+({_NUMBER})\s?(mi|km)\s*\]?", re.ASCII | re.IGNORECASE)
_BOX: Final = re.compile(rf"\[?\s*({_NUMBER})\s+({_NUMBER})\s+({_NUMBER})\s+({_NUMBER})\s*\]?", re.ASCII)

#: Mean radius of the earth (IUGG) and the international mile.
_EARTH_KM: Final = 6_371.008_8
_MILE_KM: Final = 1.609_344
#: About half the way around the globe: a greater circle leaves nothing out.
_GREATEST_KM: Final = 20_000
_HALF_TURN: Final = 180
#: A rough share of posts that say where they were written.
_PLACED: Final = 0.02


class Shape(Protocol):
    """A part of the globe."""

    def written(self) -> str:
        """Its one way of writing, in brackets."""

    def holds(self, point: Point) -> bool:
        """Whether the point lies in it; its edge belongs to it."""


@dataclass(frozen=True, slots=True)
class Circle:
    lon: float
    lat: float
    radius: float
    unit: str

    def written(self) -> str:
        return f"[{_plain(self.lon)} {_plain(self.lat)} {_plain(self.radius)}{self.unit}]"

    def holds(self, point: Point) -> bool:
        return _distance_km((self.lon, self.lat), point) <= self.radius * (_MILE_KM if self.unit == "mi" else 1)


@dataclass(frozen=True, slots=True)
class Box:
    """From `west` eastward to `east`: across the date line where west is the greater."""

    west: float
    south: float
    east: float
    north: float

    def written(self) -> str:
        return f"[{_plain(self.west)} {_plain(self.south)} {_plain(self.east)} {_plain(self.north)}]"

    def holds(self, point: Point) -> bool:
        lon, lat = point
        if not self.south <= lat <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= lon <= self.east
        return lon >= self.west or lon <= self.east

    def middle(self) -> Point:
        width = (self.east - self.west) % 360 if self.east < self.west else self.east - self.west
        lon = self.west + width / 2
        return (lon - 360 if lon > _HALF_TURN else lon), (self.south + self.north) / 2


def circle(value: str) -> Circle:
    """The circle that a rule's value means. ValueError says what was expected."""
    found = _CIRCLE.fullmatch(value)
    if found is None:
        raise ValueError("expected [longitude latitude radius] with mi or km, such as [37.6 55.75 10km]")
    lon, lat, radius = (round(float(number), 8) for number in found.groups()[:3])
    unit = found.group(4).lower()
    _check(lon, lat)
    if not 0 < radius * (_MILE_KM if unit == "mi" else 1) <= _GREATEST_KM:
        raise ValueError(f"expected a radius above 0 and up to {_GREATEST_KM:,} km")
    return Circle(lon, lat, radius, unit)


def box(value: str) -> Box:
    """The box that a rule's value means. ValueError says what was expected."""
    found = _BOX.fullmatch(value)
    if found is None:
        raise ValueError("expected [west south east north] in degrees, such as [34.9 51 36.6 51.9]")
    west, south, east, north = (round(float(number), 8) for number in found.groups())
    _check(west, south)
    _check(east, north)
    if south >= north:
        raise ValueError("expected the south before the north: [west south east north]")
    if west == east or (west > east and west - east < _HALF_TURN):
        raise ValueError(
            "expected the west before the east: [west south east north]; "
            "only a box across the date line, at most 180 degrees wide, begins further east than it ends"
        )
    return Box(west, south, east, north)


def _check(lon: float, lat: float) -> None:
    if not -90 <= lat <= 90:
        raise ValueError("expected a latitude from -90 to 90; the longitude comes first")
    if not -_HALF_TURN <= lon <= _HALF_TURN:
        raise ValueError("expected a longitude from -180 to 180")


def _plain(number: float) -> str:
    return f"{number + 0.0:.8f}".rstrip("0").rstrip(".")  # + 0.0: never -0


def _distance_km(one: Point, other: Point) -> float:
    # The haversine formula, on a sphere: off by 0.5 % at most.
    lon, lat, other_lon, other_lat = map(math.radians, (*one, *other))
    across = math.sin((other_lat - lat) / 2) ** 2
    along = math.cos(lat) * math.cos(other_lat) * math.sin((other_lon - lon) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(min(1.0, across + along)))


@dataclass(frozen=True, slots=True)
class Area:
    """True where a post stands within the shape that `parse` makes of the key."""

    positive_only: ClassVar[bool] = False

    name: str
    parse: Callable[[str], Shape]

    def key(self, value: str) -> str:
        return self.parse(value).written()

    def look(self, record: Record) -> Point | None:
        return _stands_at(record.place) if isinstance(record, Post) and record.place is not None else None

    def holds(self, key: str) -> Callable[[Point | None], bool]:
        shape = self.parse(key)
        return lambda point: point is not None and shape.holds(point)

    def anchor(self, key: str) -> str | None:
        return ANY

    def index(self, record: Record) -> Iterable[str]:
        return (ANY,) if self.look(record) is not None else ()

    def share(self, key: str) -> float:
        return _PLACED if key == ANY else _PLACED / 20

    def evidence(self, key: str, record: Record) -> Iterable[Evidence]:
        return (("place", 0, 0),)


def _stands_at(place: Place) -> Point | None:
    if place.lon is not None and place.lat is not None:
        point = place.lon, place.lat
    elif place.box is not None:
        point = Box(*place.box).middle()
    else:
        return None
    lon, lat = point
    return point if -_HALF_TURN <= lon <= _HALF_TURN and -90 <= lat <= 90 else None
