"""Runs a playbook through ansible-runner: a typed wrapper around an untyped library.

Every run has a private data directory of its own, in memory where the machine has
/dev/shm (PREPCTL_TMPDIR names another place), which is removed when the run ends: runner keeps passwords, environment
and every event in it.  What stays is the run's plain log, readable by its owner.
"""

# Ansible's collections carry no types.
# mypy: disable-error-code="import-untyped"
from __future__ import annotations

import contextlib
import fcntl
import importlib
import json
import os
import re
import shlex
import shutil
import signal
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
from prepctl.resumption import Record
from prepctl.workspace import Workspace

PRIVATE = "prepctl-run-"
# A directory that another run makes just now, before it holds it.
FRESH_S = 5
VAULT_PROMPT = r"Vault password[^:]*:\s*?$"


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


def _descendants(process: int) -> dict[int, str]:
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


def _kill(processes: Mapping[int, str]) -> None:
    """End what is still there of some processes; a number that another has by now is left alone."""
    for process, started in processes.items():
        with contextlib.suppress(OSError, IndexError):
            stat = Path("/proc", str(process), "stat").read_text(encoding="utf-8", errors="replace")
            if stat.rpartition(")")[2].split()[19] == started:
                os.kill(process, signal.SIGKILL)


@contextlib.contextmanager
def _stopped_in_order() -> Iterator[threading.Event]:
    """An event that Ctrl-C, SIGTERM or a closed terminal sets, while this lasts."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)}
    for number, handler in before.items():
        if number != signal.SIGHUP or handler is not signal.SIG_IGN:  # nohup
            signal.signal(number, lambda _number, _frame: stopped.set())
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


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


def run(request: Request, handler: EventHandler) -> Finished:
    """Run the playbook of a request, handing each event to *handler* as it comes.

    :raises PrepctlError: Ansible cannot be started.
    """
    try:
        # By name: the library has no types, and is wanted only now.
        ansible_runner: Any = importlib.import_module("ansible_runner")
    except ImportError as missing:
        raise PrepctlError(f"ansible-runner is not installed ({missing}); pip install iepc-prep") from missing
    executable = _ansible_playbook()
    started = datetime.now(timezone.utc)
    playbook = request.workspace.playbook(request.verb)
    with _private_directory() as private, _log(request, started) as log, _stopped_in_order() as stopped:
        directory = Path(log.name).parent
        record = Record(request.verb, check=request.check, limited=bool(request.limit) or bool(request.tags))
        record.write(directory)
        host_logs = HostLogs(directory)
        broken: list[BaseException] = []
        left: dict[int, str] = {}

        def canceled() -> bool:
            if not broken and not stopped.is_set():
                return False
            # ansible-runner kills ansible-playbook at once; its workers, in sessions of their own, would go on.
            left.update(_descendants(os.getpid()))
            return True

        def handle(raw: Mapping[str, Any]) -> bool:
            event = Event.from_runner(raw)
            try:
                if event.stdout:
                    log.write(printable(event.stdout) + "\n")
                host_logs(event)
                if not broken:
                    handler(event)
            except Exception as problem:
                # A terminal that was closed, a full disk: the run is told to stop, and ends in order.
                broken.append(problem)
            return False  # runner need not keep the event in a file

        runner = ansible_runner.run(
            private_data_dir=str(private),
            project_dir=str(request.workspace.directory),
            playbook=playbook,
            inventory=str(request.workspace.inventory),
            cmdline=shlex.join(request.arguments()) or None,
            envvars=_environment(request.workspace, executable),
            passwords={VAULT_PROMPT: request.vault_password} if request.vault_password is not None else None,
            settings={"pexpect_timeout": 1, "idle_timeout": 0},
            quiet=True,
            event_handler=handle,
            # Asked once a second (pexpect_timeout); ansible-runner's own knows nothing of a closed terminal.
            cancel_callback=canceled,
        )
        _kill(left)
        if broken:
            raise broken[0]
        return Finished(str(runner.status), int(runner.rc or 0), started, Path(log.name), record)


def _ansible_playbook() -> Path:
    """ansible-playbook of the environment that prepctl is in, else of the PATH."""
    beside = Path(sys.executable).parent / "ansible-playbook"
    found = str(beside) if beside.exists() else shutil.which("ansible-playbook")
    if not found:
        raise PrepctlError("ansible-playbook was not found; install ansible-core", ExitCode.RUN_FAILED)
    return Path(found)


def _environment(workspace: Workspace, executable: Path) -> dict[str, str]:
    """Environment of the run where it differs from prepctl's own."""
    return {
        "PATH": os.pathsep.join([str(executable.parent), os.environ.get("PATH", os.defpath)]),
        # An inventory that can't be read would be one without hosts, and that run a success.
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1",
        # ansible-runner turns host key checking off unless told.
        "ANSIBLE_HOST_KEY_CHECKING": os.environ.get("ANSIBLE_HOST_KEY_CHECKING", str(workspace.host_key_checking())),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_DEPRECATION_WARNINGS": os.environ.get("ANSIBLE_DEPRECATION_WARNINGS", "0"),
    }


@contextlib.contextmanager
def _private_directory() -> Iterator[Path]:
    memory = Path(os.environ.get("PREPCTL_TMPDIR") or "/dev/shm")
    parent = memory if memory.is_dir() and os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    _forget_the_killed(parent)
    directory = Path(tempfile.mkdtemp(prefix=PRIVATE, dir=parent))  # mode 0700
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Held as long as this process lives, however it ends.
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        os.close(handle)


def _forget_the_killed(parent: Path) -> None:
    """Remove the private directories of runs that were killed: passwords may be in them."""
    for left in parent.glob(PRIVATE + "*"):
        with contextlib.suppress(OSError):
            handle = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fresh = time.time() - os.fstat(handle).st_ctime < FRESH_S
                if os.fstat(handle).st_uid == os.getuid() and not fresh:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(handle)


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
