"""How long to wait before connecting again: steps for each cause, as the platform's rules have them. Pure."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Steps:
    """Seconds: `first`, then each `times` the one before and `plus`, up to `most`."""

    first: float
    most: float
    times: float = 2.0
    plus: float = 0.0

    def after(self, failures: int) -> float:
        """The wait after so many failures in a row, from 1."""
        wait = self.first
        for _ in range(failures - 1):
            if wait >= self.most:
                break
            wait = wait * self.times + self.plus
        return min(wait, self.most)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The steps for each cause."""

    network: Steps = Steps(0.25, 16.0)
    http: Steps = Steps(5.0, 320.0)
    rate: Steps = Steps(60.0, 900.0)


@dataclass(slots=True)
class Backoff:
    """Counts the failures in a row, each cause apart."""

    schedule: Schedule
    _failures: dict[str, int] = field(default_factory=dict)

    def after(self, cause: str, asked: float | None) -> float:
        """Seconds to wait now. What the platform `asked` for holds, however long; but never less than a second."""
        count = self._failures[cause] = self._failures.get(cause, 0) + 1
        steps: Steps = getattr(self.schedule, cause)
        return steps.after(count) if asked is None else max(1.0, asked)

    def reset(self) -> None:
        """The platform was heard."""
        self._failures.clear()
