"""What breaks, when and for how long: drawn from the seed alone, so that a run can be replayed.

Four tracks run beside each other: workers that die, workers that come and pause, servers, rules. A fault begins so many
seconds after the one before it on its track is over: on a slow machine all takes longer, in the same order. Pure: knows
no process, no server, no clock.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Everything that is done to the system; the value is its line in the table that is printed."""

    WORKER_KILL = "worker: SIGKILL at a random moment"
    WORKER_STOP = "worker: SIGTERM, started again"
    WORKER_ZOMBIE = "worker: SIGSTOP past its session, then SIGCONT"
    WORKER_EXTRA = "worker: one more starts, and leaves by SIGTERM"
    WORKER_EXTRA_KILL = "worker: one more starts, and leaves by SIGKILL"
    KAFKA_STOP = "Kafka: stopped and started"
    KAFKA_KILL = "Kafka: SIGKILL"
    KAFKA_CUT = "Kafka: every connection cut, several times"
    KAFKA_STALL = "Kafka: answers nothing, connections stay"
    REDIS_STOP = "Redis: stopped and started"
    REDIS_KILL = "Redis: SIGKILL"
    REDIS_POWER = "Redis: SIGKILL, and what was not synced is gone"
    REDIS_FLUSH = "Redis: FLUSHALL"
    REDIS_RESTORE = "Redis: an older snapshot of its files restored"
    REDIS_FAILOVER = "Redis: failover to a replica that lags"
    REDIS_SLOW = "Redis: every answer delayed"
    REDIS_HANG = "Redis: SIGSTOP, then SIGCONT"
    REDIS_PAUSE = "Redis: CLIENT PAUSE"
    REDIS_FULL = "Redis: full (maxmemory, noeviction)"
    REDIS_LONELY = "Redis: too few replicas to write (NOREPLICAS)"
    REDIS_READONLY = "Redis: demoted to a replica (READONLY)"
    REDIS_CUT = "Redis: every connection cut, several times"
    REDIS_SCRIPTS = "Redis: SCRIPT FLUSH"
    BROKER_KILL = "Kafka: SIGKILL of one broker of three"
    BROKER_STOP = "Kafka: one broker of three stopped and started"
    MASTER_KILL = "Redis Cluster: SIGKILL of a master, its replica takes over"
    MASTER_BLINK = "Redis Cluster: SIGKILL of a master that is back before its replica could take over"
    MASTER_SWAP = "Redis Cluster: a master and its replica change places"
    SLOTS_MOVED = "Redis Cluster: a range of slots moved to another master"
    BLACKOUT = "all of it: SIGKILL of Kafka, Redis and every worker"
    RULE_NEW = "rules: an event applied late"
    RULE_CHANGED = "rules: an event's rule changed"
    RULE_REMOVED = "rules: an event removed"


class Point(StrEnum):
    """Where a worker kills itself: between two steps of a run, which a random moment seldom meets."""

    INDEX = "index written, ledger not"
    LEDGER_TORN = "ledger written for some events, not for others"
    LEDGER = "ledger written, nothing published"
    PUBLISHED = "published, applied offset not written"
    MARKED = "applied offset written, not committed"
    COMMITTING = "commit about to be sent"
    COMMITTED = "commit confirmed"
    CATALOG = "catalog moved"


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault: begins `after` seconds without one, lasts `seconds`; `target` chooses among what there is."""

    after: float
    fault: Fault
    seconds: float
    target: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """The four tracks, each in order of time, and how long they last on a quick machine."""

    workers: Sequence[Planned]
    guests: Sequence[Planned]
    servers: Sequence[Planned]
    rules: Sequence[Planned]
    seconds: float


#: How long each fault of a server lasts: from, to; and what recovery from it takes before the next, in seconds.
_SERVERS = {
    Fault.REDIS_KILL: (0.2, 2.0, 0.5),
    Fault.KAFKA_KILL: (0.2, 3.0, 8.0),
    Fault.REDIS_FLUSH: (0.0, 0.0, 2.0),
    Fault.REDIS_POWER: (0.8, 1.5, 1.0),
    Fault.REDIS_FAILOVER: (0.5, 2.0, 2.0),
    Fault.REDIS_RESTORE: (0.2, 1.0, 1.5),
    Fault.REDIS_FULL: (1.5, 4.0, 0.0),
    Fault.REDIS_CUT: (0.5, 2.0, 0.0),
    Fault.REDIS_SLOW: (2.0, 5.0, 0.0),
    Fault.REDIS_READONLY: (1.0, 4.0, 0.0),
    Fault.REDIS_LONELY: (1.0, 4.0, 0.0),
    Fault.KAFKA_CUT: (0.5, 2.0, 0.0),
    Fault.KAFKA_STOP: (0.2, 3.0, 8.0),
    Fault.REDIS_STOP: (0.2, 3.0, 0.5),
    Fault.REDIS_HANG: (1.0, 4.0, 0.0),
    Fault.REDIS_PAUSE: (1.0, 3.0, 0.0),
    Fault.KAFKA_STALL: (1.0, 4.0, 0.0),
    Fault.REDIS_SCRIPTS: (0.0, 0.0, 0.2),
    Fault.BLACKOUT: (0.2, 2.0, 10.0),
}

#: The same of three brokers and a Redis Cluster.
_CLUSTER = {
    Fault.BROKER_KILL: (0.5, 6.0, 4.0),
    Fault.BROKER_STOP: (0.5, 6.0, 4.0),
    Fault.MASTER_KILL: (6.0, 9.0, 3.0),
    Fault.MASTER_BLINK: (0.1, 0.5, 2.0),
    Fault.MASTER_SWAP: (0.0, 0.0, 2.0),
    Fault.SLOTS_MOVED: (0.0, 0.0, 2.0),
}

#: Of eight workers that end, how many end how.
_WORKERS = (*(Fault.WORKER_KILL,) * 7, Fault.WORKER_STOP)
#: The workers that are more than usual, or pause: in turns.
_GUESTS = (Fault.WORKER_ZOMBIE, Fault.WORKER_EXTRA, Fault.WORKER_ZOMBIE, Fault.WORKER_EXTRA_KILL)

#: Seconds from one fault of a server to the next, at least, and at most; in a long run, in which more was fed that is
#: to be counted again.
_GAP = (1.5, 4.0)
_LONG_GAP = (4.0, 10.0)
_LONG = 200.0
#: Seconds from one killed worker to the next; a worker takes three to start and to take its partitions.
_KILL_GAP = (7.0, 13.0)
#: Seconds from one guest to the next.
_GUEST_GAP = (8.0, 16.0)


def draw(seed: int, seconds: float, session: float, cluster: bool = False) -> Schedule:
    """The schedule of a seed over about so many seconds: every fault of a server once before any comes again.

    `session` is the group's session timeout: a zombie is stopped for longer. `cluster`: the servers are three brokers
    and a Redis Cluster.
    """
    return Schedule(
        tuple(_workers(random.Random(f"{seed} workers"), seconds)),
        tuple(_guests(random.Random(f"{seed} guests"), seconds, session)),
        tuple(_servers(random.Random(f"{seed} servers"), seconds, _CLUSTER if cluster else _SERVERS)),
        tuple(_rules(random.Random(f"{seed} rules"), seconds)),
        seconds,
    )


def arm(seed: int, start: int) -> tuple[Point, int] | None:
    """Where the `start`-th worker that is started kills itself: the point, and the how-manieth time it comes there."""
    dice = random.Random(f"{seed} arm {start}")
    if dice.random() < 0.25:
        return None
    point = dice.choice(tuple(Point))
    return point, dice.randint(1, 4)  # few: it has to come before the next kill does


def _servers(dice: random.Random, seconds: float, kinds: Mapping[Fault, tuple[float, float, float]]) -> list[Planned]:
    planned: list[Planned] = []
    left: list[Fault] = []
    at, recovery = 0.0, 0.0
    while True:
        left = left or dice.sample(tuple(kinds), len(kinds))
        after = recovery + dice.uniform(*(_LONG_GAP if seconds > _LONG else _GAP))
        fault = left.pop()
        shortest, longest, recovery = kinds[fault]
        lasts = dice.uniform(shortest, longest)
        at += after + lasts
        if at > seconds:
            return planned
        planned.append(Planned(after, fault, lasts, dice.randrange(1_000)))


def _workers(dice: random.Random, seconds: float) -> list[Planned]:
    planned: list[Planned] = []
    at = 0.0
    while (at := at + (after := dice.uniform(*_KILL_GAP))) < seconds:
        planned.append(Planned(after, dice.choice(_WORKERS), 0.0, dice.randrange(1_000)))
    return planned


def _guests(dice: random.Random, seconds: float, session: float) -> list[Planned]:
    planned: list[Planned] = []
    at = 0.0
    while True:
        fault = _GUESTS[len(planned) % len(_GUESTS)]
        after = dice.uniform(*_GUEST_GAP)
        lasts = session + dice.uniform(1.0, 4.0) if fault is Fault.WORKER_ZOMBIE else dice.uniform(5.0, 12.0)
        at += after + lasts
        if at > seconds:
            return planned
        planned.append(Planned(after, fault, lasts, dice.randrange(1_000)))


def _rules(dice: random.Random, seconds: float) -> list[Planned]:
    faults = dice.sample((Fault.RULE_NEW, Fault.RULE_CHANGED, Fault.RULE_REMOVED), 3)
    return [Planned(dice.uniform(0.1, 0.3) * seconds, fault, 0.0, 0) for fault in faults]
