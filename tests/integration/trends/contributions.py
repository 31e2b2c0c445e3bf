"""Contributions at random, with every kind of value that one can have."""

import random

from streams.trends import Contribution


def contribution(rnd: random.Random) -> Contribution:
    """One of few authors, texts and values, so that many are counted together."""
    return Contribution(
        platform=rnd.choice(["x", "telegram"]),
        kind=rnd.choice(["post", "repost"]),
        lang=rnd.choice(["en", "", "uk"]),
        groups=rnd.choice([("other",), ("state-media", "officials"), ("officials",)]),
        claims=rnd.choice([(), ("denied",), ("denied", "asserted")]),
        author=rnd.choice(["x:ann", "x:bob", "x:Анна|1"]),
        fingerprint=rnd.choice([b"\x00\xff|\n\r\x80ab" * 2, b"12345678" * 2]),
        domains=rnd.choice([(), ("example.org",), ("example.org", "example.com")]),
    )
