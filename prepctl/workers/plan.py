"""Which workers there are, and which diffusers fall to each."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prepctl.errors import PrepctlError
from prepctl.language import say

LOCAL = "local"
# A process of Ansible's for each, and a copy of the workspace: more than this is a slip of the finger.
MOST = 64
SHOWN = 60


@dataclass
class Worker:
    """One worker and its share."""

    number: int
    command: list[str]
    """What is started, without a shell; empty for one on this machine."""
    hosts: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What a person knows it by."""
        line = shlex.join(self.command) or LOCAL
        return f"worker {self.number} ({line if len(line) <= SHOWN else line[: SHOWN - 3] + '...'})"


def read(given: str) -> list[Worker]:
    """The workers that ``--workers`` names.

    :param given: a number of workers on this machine, or a file with the command of a worker a line: ``local``, or what
        ends in ``ansible-runner worker`` with that program's standard input and output as its own.
    :raises PrepctlError: neither; one line.
    """
    if given.isdecimal():
        if not 1 <= int(given) <= MOST:
            raise PrepctlError(say("--workers: expected 1 to {most}, got {given}", most=MOST, given=given))
        return [Worker(number, []) for number in range(1, int(given) + 1)]
    path = Path(given)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "not UTF-8"
        raise PrepctlError(
            say("--workers: expected a number or a file with a command a line, got {given}: {reason}",
                given=given, reason=reason)
        ) from None  # fmt: skip
    found: list[Worker] = []
    for number, line in enumerate(lines, 1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError as problem:
            raise PrepctlError(
                say("{path}: line {number}: expected a worker's command: {reason}", path=path, number=number,
                    reason=problem)
            ) from None  # fmt: skip
        if words:
            found.append(Worker(len(found) + 1, [] if words == [LOCAL] else words))
    if not 1 <= len(found) <= MOST:
        raise PrepctlError(
            say("{path}: expected the commands of 1 to {most} workers, found {count}",
                path=path, most=MOST, count=len(found))
        )  # fmt: skip
    return found


def share(workers: Sequence[Worker], hosts: Sequence[str]) -> list[Worker]:
    """Give every worker its hosts, by turns; those that get none are left out."""
    for index, worker in enumerate(workers):
        worker.hosts = list(hosts[index :: len(workers)])
    return [worker for worker in workers if worker.hosts]
