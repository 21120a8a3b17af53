"""One worker at work: ``ansible-runner transmit PARCEL | COMMAND | process``."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode
from prepctl.runner import Request, library, printable
from prepctl.workers.plan import Worker

# How long a worker may take to stop what it does.
GRACE_S = 10
SAID = 200


class Stream:
    """A worker's processes, and the thread that takes in what comes back.

    :param take: called in that thread with each event, and at the end with None.
    """

    def __init__(
        self, worker: Worker, request: Request, parcel: Path, place: Path, take: Callable[[Any], None]
    ) -> None:
        self.worker = worker
        self.rc: int | None = None
        """How ansible-playbook ended there; None if nobody knows."""
        self._explained = ""
        self._place = place
        self._take = take
        place.mkdir(mode=0o700)
        self._transmit, self._process = self._start(request, parcel)
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _start(self, request: Request, parcel: Path) -> tuple[subprocess.Popen[bytes], subprocess.Popen[bytes] | None]:
        own = _program()
        # transmit writes what it is told into what it sends (env/cmdline), and all are sent off at once: each its own,
        # of which the rest is on the disk once.
        parcel = Path(shutil.copytree(parcel, self._place / "parcel", symlinks=True, copy_function=os.link))
        # What is on its way is kept nowhere but in the run's private directory.
        environment = os.environ | {"TMPDIR": str(self._place)}
        sender = [
            own, "transmit", str(parcel), "--playbook", request.workspace.playbook(request.verb),
            "--cmdline=" + shlex.join(_arguments(request, self.worker.hosts)),
        ]  # fmt: skip
        command = self.worker.command or [own, "worker", "--private-data-dir", str(self._place / "there")]
        if not self.worker.command:
            environment["PATH"] = os.pathsep.join([str(Path(own).parent), os.environ.get("PATH", os.defpath)])
        with open(self._place / "said", "wb") as said, open(self._place / "sender", "wb") as complaints:
            transmit = subprocess.Popen(
                sender, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, env=environment,
                start_new_session=True,
            )  # fmt: skip
            try:
                process = subprocess.Popen(
                    command, stdin=transmit.stdout, stdout=subprocess.PIPE, stderr=said, env=environment,
                    start_new_session=True,
                )  # fmt: skip
            except OSError as problem:
                self._explained = f"{command[0]}: {problem.strerror}"
                process = None
        assert transmit.stdout
        transmit.stdout.close()
        return transmit, process

    def _follow(self) -> None:
        try:
            if self._process:
                processor = library().run(
                    streamer="process", _input=self._process.stdout, private_data_dir=str(self._place / "back"),
                    quiet=True, event_handler=self._event, status_handler=self._status,
                )  # fmt: skip
                self._process.wait()
                with contextlib.suppress(OSError, ValueError):
                    self.rc = int(Path(processor.artifact_dir, "rc").read_text())
        except Exception as problem:  # what came back is none of this machine's making
            self._explained = f"{type(problem).__name__}: {problem}"
        finally:
            self._transmit.wait()
            self._take(None)

    def _event(self, raw: Mapping[str, Any]) -> bool:
        self._take(raw)
        return False

    def _status(self, data: Mapping[str, Any], runner_config: Any) -> None:
        del runner_config
        self._explained = str(data.get("job_explanation") or self._explained)

    def signal(self, number: signal.Signals, patience: float | None = None) -> None:
        """Send a signal to what runs of it here, and wait for its end; at the far end of a line, it breaks."""
        for process in filter(None, (self._process, self._transmit)):
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
        self._thread.join(patience)

    def why(self) -> str:
        """What is known of a worker that did not come to its end, in one line."""
        code = self._process.returncode if self._process else 0
        ended = "" if not code else f"signal {-code}" if code < 0 else f"exit code {code}"
        # What the command itself said comes before what ansible-runner makes of a line that broke off.
        told = ": ".join(filter(None, (ended, self._last("said")))) or self._explained or self._last("sender")
        told = " ".join(told.split())
        return told if len(told) <= SAID else told[: SAID - 3] + "..."

    def _last(self, name: str) -> str:
        """The last line of what a program said."""
        text = printable((self._place / name).read_text(encoding="utf-8", errors="replace"))
        return next((line.strip() for line in reversed(text.split("\n")) if line.strip()), "")


def _arguments(request: Request, hosts: list[str]) -> list[str]:
    """Arguments of ansible-playbook there: the same, over its share of the hosts."""
    from dataclasses import replace

    inventory = os.path.relpath(request.workspace.inventory, request.workspace.directory)
    # The password went along; the report of a share is nobody's, and its place may be one of this machine's.
    shared = replace(
        request, limit=",".join(hosts), vault_password=None, vault_password_file=None,
        variables={**request.variables, "compliance_reports_dir": "{{ inventory_dir }}/reports"},
    )  # fmt: skip
    return ["-i", inventory, *shared.arguments()]


def _program() -> str:
    """ansible-runner of the environment that prepctl is in."""
    path = Path(sys.executable).parent / "ansible-runner"
    if not path.exists():
        raise PrepctlError(f"{path}: expected ansible-runner there; pip install iepc-prep", ExitCode.RUN_FAILED)
    return str(path)


def stop(streams: Sequence[Stream]) -> None:
    """Have workers end: in order, or after a while at once."""
    for stream in streams:
        stream.signal(signal.SIGTERM, 0)
    until = time.monotonic() + GRACE_S
    for stream in streams:
        stream.signal(signal.SIGTERM, max(0, until - time.monotonic()))
    for stream in streams:
        stream.signal(signal.SIGKILL)
