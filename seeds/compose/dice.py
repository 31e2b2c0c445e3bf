"""Seeded chance, the same on every Python: built on ``Random.random`` alone, whose sequence is guaranteed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of throws, decided by its seed."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed).random

    def chance(self, probability: float) -> bool:
        """Say yes with this probability."""
        return self._random() < probability

    def between(self, low: float, high: float) -> float:
        """Throw a number in [low, high)."""
        return low + (high - low) * self._random()

    def whole(self, low: int, high: int) -> int:
        """Throw a whole number in [low, high]."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, things: Sequence[T]) -> T:
        """Pick one of the things."""
        return things[int(self._random() * len(things))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """Pick one of the keys, each as likely as its weight."""
        left = self._random() * sum(weights.values())
        for thing, weight in weights.items():
            left -= weight
            if left < 0:
                return thing
        return next(reversed(list(weights)))

    def draw(self, things: Sequence[T], number: int) -> list[T]:
        """Draw that many different things (all of them where there are fewer), in random order."""
        rest = list(things)
        return [rest.pop(int(self._random() * len(rest))) for _ in range(min(number, len(rest)))]

    def letters(self, alphabet: str, length: int) -> str:
        """Throw a string over an alphabet."""
        return "".join(self.pick(alphabet) for _ in range(length))
