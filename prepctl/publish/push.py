"""One push of a stage to a mirror's rsync daemon.

Whole files: a delta saves a twentieth of the bytes and costs three times the origin's work. Both ends agree on
the compression: zstd from rsync 3.2 on, zlib before. What changed is told by size and time, which the stage
sees to; ``thorough`` compares the content instead, for a mirror that says that it has other content.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode
from prepctl.publish.mirrors import Mirror

CONNECT_S = 6
SILENT_S = 20
# Ends of rsync (rsync(1)) that another try does not change.
_FINAL = (1, 2, 3, 4, 6)
_UNREACHABLE = (10, 30, 35)


@dataclass(frozen=True)
class Pushed:
    """How a push ended: ``error`` is empty when it went well."""

    error: str = ""
    sent: int = 0
    again: bool = False
    """Whether another try may end otherwise."""
    unreachable: bool = False


def program() -> str:
    """Return the path of rsync.

    :raises PrepctlError: there is none.
    """
    found = shutil.which("rsync")
    if not found:
        raise PrepctlError("rsync was not found; install it on this machine", ExitCode.RUN_FAILED)
    return found


class Running:
    """The rsyncs that run now: who stops publishing ends them all, and none is begun after that."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[str]] = set()

    @contextlib.contextmanager
    def held(self, process: subprocess.Popen[str]) -> Iterator[None]:
        """Know of one while this lasts; it does not outlive that."""
        with self._lock:
            self._processes.add(process)
            if self.ended.is_set():
                process.terminate()
        try:
            yield
        finally:
            with self._lock:
                self._processes.discard(process)
            if process.poll() is None:
                process.kill()
                process.communicate()

    def end(self) -> None:
        """End them."""
        with self._lock:
            self.ended.set()
            for process in self._processes:
                process.terminate()


def push(
    rsync: str, stage: Path, mirror: Mirror, running: Running | None = None, *, thorough: bool = False,
    most_s: float = 300,
) -> Pushed:  # fmt: skip
    """Push a stage; the secret is in the environment of rsync alone.

    :param running: whose end is this one's as well.
    """
    argv = [
        rsync, "-rt", "--whole-file", "--delete", "-z", "--compress-level=1", "--stats",
        f"--contimeout={CONNECT_S}", f"--timeout={SILENT_S}", *(["--checksum"] if thorough else []),
        f"{stage}/", mirror.target,
    ]  # fmt: skip
    environment = {**os.environ, "RSYNC_PASSWORD": mirror.secret, "LC_ALL": "C"}
    try:
        process = subprocess.Popen(
            argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        with (running or Running()).held(process):
            out, complaints = process.communicate(timeout=most_s)
    except subprocess.TimeoutExpired:
        return Pushed(f"rsync did not end within {most_s:.0f} s", again=True)
    if process.returncode == 0:
        return Pushed(sent=_sent(out))
    words = _words(complaints, mirror.secret) or f"rsync ended with {process.returncode}"
    busy = "max connections" in words
    return Pushed(
        words,
        again=busy
        or (process.returncode not in _FINAL and "auth failed" not in words and "Unknown module" not in words),
        unreachable=process.returncode in _UNREACHABLE,
    )


def _sent(text: str) -> int:
    found = re.search(r"Total bytes sent: ([\d,.]+)", text)
    return int(re.sub(r"\D", "", found.group(1))) if found else 0


def _words(text: str, secret: str) -> str:
    """The first line that says what was wrong."""
    lines = [line for line in text.replace(secret, "***").splitlines() if line.strip()]
    return " ".join((lines[0] if lines else "").split())[:300]
