"""The processes that this one began, and theirs: some of Ansible's are in sessions of their own and outlive it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path


def descendants(process: int) -> dict[int, str]:
    """{process: when it started} of all that a process has begun, and they have."""
    parents: dict[int, list[tuple[int, str]]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The name, in parentheses, may hold anything.
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append((int(path.parent.name), fields[19]))
    found: dict[int, str] = {}
    waiting = [process]
    while waiting:
        for child, started in parents.get(waiting.pop(), []):
            found[child] = started
            waiting.append(child)
    return found


def kill(processes: Mapping[int, str]) -> None:
    """End what is still there of some processes; a number that another has by now is left alone."""
    for process, started in processes.items():
        with contextlib.suppress(OSError, IndexError):
            stat = Path("/proc", str(process), "stat").read_text(encoding="utf-8", errors="replace")
            if stat.rpartition(")")[2].split()[19] == started:
                os.kill(process, signal.SIGKILL)
