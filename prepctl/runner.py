"""Runs a playbook through ansible-runner: a typed wrapper around an untyped library.

Every run has a private data directory of its own, in memory where the machine has
/dev/shm (PREPCTL_TMPDIR names another place), which is removed when the run ends: runner keeps passwords, environment
and every event in it.  What stays is the run's plain log, readable by its owner.
"""

# Ansible's collections carry no types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import shlex
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TextIO

from ansible_collections.iepc.prep.plugins.module_utils.report_model import printable as without_control

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode
from prepctl.language import say
from prepctl.private_directory import private_directory
from prepctl.processes import descendants, kill
from prepctl.resumption import Record
from prepctl.stopping import stopped_in_order
from prepctl.workspace import Workspace

VAULT_PROMPT = r"Vault password[^:]*:\s*?$"
SETTINGS = {"pexpect_timeout": 1, "idle_timeout": 0}


@dataclass(frozen=True)
class Event:
    """One event of a run, reduced to what prepctl looks at."""

    kind: str
    """ansible-runner's name: ``runner_on_ok``, ``playbook_on_task_start`` ..."""
    host: str = ""
    task: str = ""
    role: str = ""
    action: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    ignored: bool = False
    stats: Mapping[str, Any] = field(default_factory=dict)
    stdout: str = ""
    task_id: str = ""
    """Tells two tasks of one name apart."""
    at: float = 0.0
    """When it happened, in seconds of the epoch."""

    @property
    def changed(self) -> bool:
        return bool(self.result.get("changed"))

    @classmethod
    def from_runner(cls, raw: Mapping[str, Any]) -> Event:
        """Read ansible-runner's dict."""
        data = raw.get("event_data") or {}
        result = data.get("res")
        kind = str(raw.get("event", ""))
        return cls(
            kind=kind,
            host=str(data.get("host") or ""),
            task=str(data.get("task") or ""),
            role=str(data.get("role") or "").rpartition(".")[2],
            action=str(data.get("resolved_action") or data.get("task_action") or ""),
            result=result if isinstance(result, Mapping) else {},
            ignored=bool(data.get("ignore_errors")),
            stats=data if kind == "playbook_on_stats" else {},
            stdout=str(raw.get("stdout") or ""),
            task_id=str(data.get("task_uuid") or ""),
            at=_seconds(raw.get("created")),
        )


def _seconds(created: Any) -> float:
    """Seconds of the epoch of ansible-runner's time, which is of UTC."""
    try:
        when = datetime.fromisoformat(str(created))
    except ValueError:
        return time.time()
    return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).timestamp()


def printable(text: str) -> str:
    """Text without what steers a terminal or turns its direction: a server may have written it."""
    return str(without_control(text.replace("\r\n", "\n")))


class HostLogs:
    """A log for each host beside the run's own: what was done on it, with the times; for its owner only."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._task: dict[str, str] = {}

    def __call__(self, event: Event) -> None:
        """Take one event in."""
        if not event.host or not event.stdout:
            return
        title = " : ".join(filter(None, (event.role, event.task)))
        text = printable(event.stdout)
        if self._task.get(event.host) != title:
            self._task[event.host] = title
            text = f"\n{datetime.now(timezone.utc):%H:%M:%SZ} TASK [{printable(title)}]\n{text}"
        with open(self.path(event.host), "a", encoding="utf-8", opener=_private_opener) as log:
            log.write(text + "\n")

    def path(self, host: str) -> Path:
        """The log of a host, whose name may hold anything."""
        return self._directory / (re.sub(r"[^\w.-]", "_", host).lstrip(".") + ".log")


def _private_opener(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


EventHandler = Callable[[Event], None]


@dataclass(frozen=True)
class Request:
    """What to run."""

    workspace: Workspace
    verb: str
    limit: str | None = None
    tags: str | None = None
    check: bool = False
    diff: bool = False
    freeze_override: str | None = None
    thorough: bool = False
    """Whether all roles run, also on a server that is as the last run left it."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    """What is known only now; nothing secret, since a command line can be read by others."""
    vault_password_file: Path | None = None
    vault_password: str | None = None
    verbosity: int = 0

    def arguments(self) -> list[str]:
        """Arguments of ansible-playbook beyond playbook and inventory."""
        arguments: list[str] = []
        for option, value in (("--limit", self.limit), ("--tags", self.tags)):
            if value:
                arguments += [option, value]
        if self.check:
            arguments.append("--check")
        if self.diff:
            arguments.append("--diff")
        variables = dict(self.variables)
        if self.freeze_override:
            variables["prep_freeze_override"] = self.freeze_override
        if self.thorough:
            variables["prep_thorough"] = True
        if variables:
            arguments += ["--extra-vars", json.dumps(variables)]
        if self.vault_password_file:
            arguments += ["--vault-password-file", str(self.vault_password_file.resolve())]
        if self.vault_password is not None:
            arguments.append("--ask-vault-pass")
        if self.verbosity:
            arguments.append("-" + "v" * self.verbosity)
        return arguments

    def command(self) -> list[str]:
        """The command that does the same by hand, in the workspace."""
        inventory = os.path.relpath(self.workspace.inventory, self.workspace.directory)
        return ["ansible-playbook", self.workspace.playbook(self.verb), "-i", inventory, *self.arguments()]


@dataclass(frozen=True)
class Finished:
    """How a run ended."""

    status: str
    """``successful``, ``failed``, ``canceled`` or ``timeout``."""
    rc: int
    started: datetime
    log: Path
    record: Record = field(default_factory=lambda: Record(""))


class Session:
    """A run that goes on: where its secrets are, its log and its record, and whether it is to stop."""

    def __init__(self, request: Request, private: Path, log: TextIO, stopped: threading.Event) -> None:
        self.request = request
        self.private = private
        self.started = datetime.now(timezone.utc)
        self.record = Record(request.verb, check=request.check, limited=bool(request.limit) or bool(request.tags))
        self.record.write(Path(log.name).parent)
        self._log = log
        self._host_logs = HostLogs(Path(log.name).parent)
        self._stopped = stopped
        self._broken: list[BaseException] = []
        self._left: dict[int, str] = {}

    def take(self, raw: Mapping[str, Any], handler: EventHandler) -> None:
        """Log one event of ansible-runner's and hand it on; what goes wrong with that ends the run in order."""
        event = Event.from_runner(raw)
        try:
            if event.stdout:
                self._log.write(printable(event.stdout) + "\n")
            self._host_logs(event)
            if not self._broken:
                handler(event)
        except Exception as problem:
            # A terminal that was closed, a full disk: the run is told to stop, and ends in order.
            self._broken.append(problem)

    def is_over(self) -> bool:
        """Whether it is to stop: a signal came, or nobody takes its events any more."""
        if not self._broken and not self._stopped.is_set():
            return False
        # ansible-runner kills ansible-playbook at once; its workers, in sessions of their own, would go on.
        self._left.update(descendants(os.getpid()))
        return True

    def end(self, status: str, rc: int) -> Finished:
        """How it ended.

        :raises Exception: what went wrong when its events were taken.
        """
        kill(self._left)
        if self._broken:
            raise self._broken[0]
        return Finished(status, rc, self.started, Path(self._log.name), self.record)


@contextlib.contextmanager
def session(request: Request, stopped: threading.Event | None = None) -> Iterator[Session]:
    """Have all that a run needs, and nothing of it but its log afterwards.

    :param stopped: what ends it when it is set; signals do where there is none.
    :raises PrepctlError: there is no room for it in the workspace, or ansible-runner is not there.
    """
    started = datetime.now(timezone.utc)
    with private_directory() as private, _log(request, started) as log, stopped_in_order(stopped) as told:
        yield Session(request, private, log, told)


def run(request: Request, handler: EventHandler, stopped: threading.Event | None = None) -> Finished:
    """Run the playbook of a request, handing each event to *handler* as it comes.

    :param stopped: what ends it when it is set, for a run in a thread, where no signal arrives.
    :raises PrepctlError: Ansible cannot be started.
    """
    library()
    _ansible_playbook()
    request.workspace.playbook(request.verb)
    with session(request, stopped) as going:
        return going.end(*play(going, request, going.private, handler))


def play(going: Session, request: Request, private: Path, handler: EventHandler) -> tuple[str, int]:
    """Run a playbook within a session; returns (status, exit code of ansible-playbook).

    :param private: where ansible-runner keeps what it needs; within the session's own place.
    """

    def handle(raw: Mapping[str, Any]) -> bool:
        going.take(raw, handler)
        return False  # runner need not keep the event in a file

    runner = library().run(
        private_data_dir=str(private),
        project_dir=str(request.workspace.directory),
        playbook=request.workspace.playbook(request.verb),
        inventory=str(request.workspace.inventory),
        cmdline=shlex.join(request.arguments()) or None,
        envvars=environment(request.workspace) | {"PATH": _path(_ansible_playbook())},
        passwords={VAULT_PROMPT: request.vault_password} if request.vault_password is not None else None,
        settings=dict(SETTINGS),
        quiet=True,
        event_handler=handle,
        # Asked once a second (pexpect_timeout); ansible-runner's own knows nothing of a closed terminal.
        cancel_callback=going.is_over,
    )
    return str(runner.status), int(runner.rc or 0)


def library() -> Any:
    """ansible-runner, by name: it has no types, and is wanted only when something runs.

    :raises PrepctlError: it is not installed.
    """
    try:
        return importlib.import_module("ansible_runner")
    except ImportError as missing:
        raise PrepctlError(f"ansible-runner is not installed ({missing}); pip install iepc-prep") from missing


def _ansible_playbook() -> Path:
    """ansible-playbook of the environment that prepctl is in, else of the PATH."""
    beside = Path(sys.executable).parent / "ansible-playbook"
    found = str(beside) if beside.exists() else shutil.which("ansible-playbook")
    if not found:
        raise PrepctlError("ansible-playbook was not found; install ansible-core", ExitCode.RUN_FAILED)
    return Path(found)


def _path(executable: Path) -> str:
    return os.pathsep.join([str(executable.parent), os.environ.get("PATH", os.defpath)])


def environment(workspace: Workspace) -> dict[str, str]:
    """Environment of a run where it differs from prepctl's own, wherever the run is."""
    return {
        # An inventory that can't be read would be one without hosts, and that run a success.
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1",
        # ansible-runner turns host key checking off unless told.
        "ANSIBLE_HOST_KEY_CHECKING": os.environ.get("ANSIBLE_HOST_KEY_CHECKING", str(workspace.host_key_checking())),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_DEPRECATION_WARNINGS": os.environ.get("ANSIBLE_DEPRECATION_WARNINGS", "0"),
    }


@contextlib.contextmanager
def _log(request: Request, started: datetime) -> Iterator[TextIO]:
    """The run's log, ``runs/<UTC time>-<verb>/ansible.log`` in the workspace, for its owner only."""
    runs = request.workspace.directory / "runs"
    stem = f"{started:%Y%m%dT%H%M%SZ}-{request.verb}-"
    try:
        runs.mkdir(mode=0o700, exist_ok=True)
        directory = Path(tempfile.mkdtemp(prefix=stem, dir=runs))
    except OSError as problem:
        raise PrepctlError(
            say("{path}: expected a directory that can be written to: {reason}; no server was touched",
                path=runs, reason=problem.strerror)
        ) from None  # fmt: skip
    with open(directory / "ansible.log", "w", encoding="utf-8", buffering=1) as log:
        os.chmod(log.name, 0o600)
        log.write("$ " + shlex.join(request.command()) + "\n")
        yield log
