"""A run of the playbook that is stopped at a task, so that a hand can do something in the middle of it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import workspace
from workspace import Done

ENVIRONMENT = {
    "ANSIBLE_NOCOLOR": "1",
    "NO_COLOR": "1",
    "COLUMNS": "200",
    "PYTHONUNBUFFERED": "1",
    # A task that turns out to be skipped is a place to stop at as well.
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "1",
}


class Run:
    """``site.yml`` under way, in a process group of its own."""

    def __init__(self, program: str, *arguments: str, cwd: Path = workspace.LAB) -> None:
        self._process = subprocess.Popen(
            [program, *arguments],
            cwd=cwd,
            env={**os.environ, **ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._told: list[str] = []

    def at_task(self, words: str, act: Callable[[], object]) -> None:
        """Read on until a task's headline has these words; then act while the whole run stands still."""
        for headline in self._headlines():
            if words in headline:
                os.killpg(self._process.pid, signal.SIGSTOP)
                try:
                    act()
                finally:
                    os.killpg(self._process.pid, signal.SIGCONT)
                return
        raise AssertionError(f"no task {words!r}:\n{''.join(self._told)[-3000:]}")

    def after_tasks(self, count: int) -> bool:
        """Read on until so many tasks have begun; False when the run ended before."""
        return any(number == count for number, _line in enumerate(self._headlines(), 1))

    def _headlines(self) -> Iterator[str]:
        assert self._process.stdout
        for line in self._process.stdout:
            self._told.append(line)
            if line.startswith("TASK ["):
                yield line

    def kill(self) -> None:
        """As a power cut at the control node: no handler runs."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    @property
    def tasks(self) -> int:
        """How many tasks were seen to begin."""
        return sum(line.startswith("TASK [") for line in self._told)

    def finish(self, timeout: int = 300) -> Done:
        """Wait for the end; return exit code and all that was written."""
        rest, _ = self._process.communicate(timeout=timeout)
        return Done(self._process.returncode, "".join(self._told) + rest, "")
