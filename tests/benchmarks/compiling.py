"""What compiling the rules costs: seconds, and the memory of a process that holds nothing but them."""

import multiprocessing
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from streams.matching import Matcher
from tests.benchmarks.corpus import read_events


@dataclass(frozen=True, slots=True)
class Compiled:
    """`peak_bytes` is the whole process at its largest, interpreter and libraries included."""

    events: int
    seconds: float
    peak_bytes: int


def measure() -> Compiled:
    """Compile all events in a process of their own. To be called while this one is small: a child's peak counts it."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_compile).result()


def _compile() -> Compiled:
    events = read_events()
    started = time.process_time()
    Matcher(events)
    spent = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Compiled(len(events), spent, peak if sys.platform == "darwin" else peak * 1_024)
