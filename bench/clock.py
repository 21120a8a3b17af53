"""How benches take time: the fastest of some rounds, and what the servers took of it beside the control node."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path


def busy_seconds() -> float:
    """Return how long this machine's processors have worked, for whomever (proc_stat(5))."""
    fields = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def with_share(rounds: int, work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of the fastest round, and how many of them the processors gave to the servers.

    Theirs is all that the processors did and that neither `prepctl` nor its children did: Docker's own count
    leaves out what systemd moved out of the container's group.
    """
    found = []
    for _ in range(rounds):
        own, before, began = resource.getrusage(resource.RUSAGE_CHILDREN), busy_seconds(), time.monotonic()
        work()
        took, used = time.monotonic() - began, busy_seconds() - before
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        used -= now.ru_utime + now.ru_stime - own.ru_utime - own.ru_stime
        found.append((took, used / (os.cpu_count() or 1)))
    return min(found)


def fastest(rounds: int, work: Callable[[], object]) -> float:
    """Return the seconds of the fastest of some rounds."""
    return with_share(rounds, work)[0]
