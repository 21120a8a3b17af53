"""How benches take time: the fastest of some rounds, and what the servers took of it beside the control node."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def busy_seconds() -> float:
    """Return how long this machine's processors have worked, for whomever (proc_stat(5))."""
    fields = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, order=True)
class Spent:
    """What some work took: seconds, and how the processors shared them."""

    seconds: float
    servers: float
    """Seconds that the processors gave to the servers: all that they did and that neither this program's children nor
    theirs did. Docker's own count leaves out what systemd moved out of the container's group."""
    own: float
    """Seconds of processor of this program's children, the control node: other work on the machine adds little."""

    @property
    def control_node(self) -> float:
        """Seconds without the servers' share."""
        return max(self.seconds - self.servers, 0.001)


def spent(rounds: int, work: Callable[[], object]) -> Spent:
    """Return what the fastest of some rounds took."""
    found = []
    for _ in range(rounds):
        before, busy, began = resource.getrusage(resource.RUSAGE_CHILDREN), busy_seconds(), time.monotonic()
        work()
        took, used = time.monotonic() - began, busy_seconds() - busy
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = now.ru_utime + now.ru_stime - before.ru_utime - before.ru_stime
        found.append(Spent(took, (used - own) / (os.cpu_count() or 1), own))
    return min(found)


def fastest(rounds: int, work: Callable[[], object]) -> float:
    """Return the seconds of the fastest of some rounds."""
    return spent(rounds, work).seconds
