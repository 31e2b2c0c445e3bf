"""The records planted as bad: each must end as a dead letter, whatever reads it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from .dice import Dice
from .stream import SOURCE, Stream
from .timeline import START


def plant(stream: Stream, dice: Dice) -> int:
    """Plant the bad records over the two days; say how many."""
    lines = _lines()
    for number, line in enumerate(lines):
        stream.arrive(START + timedelta(minutes=90 + 200 * number + dice.whole(0, 60)), line)
    return len(lines)


def _lines() -> list[bytes]:
    def bad(number: int, **changes: Any) -> bytes:
        moment = START + timedelta(hours=number)
        return _json(_good(number, moment) | changes)

    def without(number: int, name: str) -> bytes:
        return _json({key: value for key, value in _good(number, START).items() if key != name})

    return [
        b'{"platform": "x", "id": "190000000000000001", "op": "create", "version": 0, "text": "cut off in the mid',
        b'{"platform": "x" "id": "190000000000000002"}',
        b"not JSON at all, but a line of a log",
        bad(4, text=["a", "list"]),
        bad(5, version="yesterday"),
        bad(6, version=-5),
        bad(7, op="explode"),
        bad(8, created_at="the ides of March"),
        without(9, "id"),
        without(10, "author"),
        bad(11, platform="tele\x00gram"),
        bad(12, id="19000000000000\x000012"),
        _json(_good(13, START)).replace(b"A record", b"A rec\xff\xfeord"),
        b"[]",
    ]


def _good(number: int, moment: datetime) -> dict[str, Any]:
    return {
        "platform": "x",
        "id": f"19000000000000{number:04}",
        "op": "create",
        "version": 0,
        "created_at": moment.isoformat().replace("+00:00", "Z"),
        "kind": "post",
        "author": {"id": "7", "handle": "brokenfeed", "name": "Broken Feed"},
        "text": "A record that cannot be used: Ukrainian troops in Kursk should surrender.",
        "lang": "en",
        "hashtags": [],
        "cashtags": [],
        "mentions": [],
        "links": [],
        "media": [],
        "refs": {},
        "source": SOURCE,
    }


def _json(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
