"""Several files of a workspace change together, or none does.

What is to be is first written beside the workspace's files, then a record of it, and only then is every file
given its name. A command that is cut off before the record leaves the workspace as it was; one that is cut off
after it is finished by the next that changes the workspace.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode
from prepctl.language import say

STAGE = ".prepctl-change"
RECORD = "record.json"
LOCK = ".prepctl.lock"
# A file is renamed in no time; that a signal comes in between is ruled out all the same.
SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


@contextlib.contextmanager
def locked(workspace: Path) -> Iterator[None]:
    """Have a workspace for oneself while its files are read and changed; finish what another left.

    :raises PrepctlError: another command changes it now, or nothing can be written here.
    """
    try:
        handle = os.open(workspace / LOCK, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    except OSError as problem:
        raise cannot_write(workspace, problem) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PrepctlError(
                say("{path}: another prepctl changes this workspace now; try again when it has ended", path=workspace)
            ) from None
        finish(workspace)
        yield
    finally:
        os.close(handle)


def finish(workspace: Path) -> None:
    """Finish what a command that was cut off had recorded; forget what it had not."""
    stage = workspace / STAGE
    if not stage.is_dir():
        return
    try:
        if (stage / RECORD).is_file():
            _give_names(workspace)
        else:
            shutil.rmtree(stage)
    except OSError as problem:
        raise cannot_write(workspace, problem) from None


class Changes:
    """Files that are going to be written; nothing is before :meth:`commit`."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._files: dict[str, tuple[bytes, int]] = {}

    def write(self, name: str, content: str | bytes, mode: int = 0o644) -> None:
        """Have a file written.

        :param name: relative to the workspace; its directories are made, for the owner alone if the file is.
        """
        self._files[name] = (content.encode("utf-8") if isinstance(content, str) else content, mode)

    @property
    def names(self) -> list[str]:
        """What will be written, in that order."""
        return list(self._files)

    def commit(self) -> None:
        """Write all files, in the order in which they were named.

        :raises PrepctlError: there is no room, or no right to write; nothing has changed then.
        """
        stage = self._workspace / STAGE
        try:
            stage.mkdir(mode=0o700)
            for number, (content, mode) in enumerate(self._files.values()):
                write_new(stage / str(number), content, mode)
            for name in self._files:
                (self._workspace / name).parent.mkdir(parents=True, exist_ok=True)
            record = json.dumps(self.names).encode("utf-8")
            write_new(stage / (RECORD + ".new"), record, 0o600)
            blocked = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
            try:
                os.rename(stage / (RECORD + ".new"), stage / RECORD)
                _give_names(self._workspace)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        except BaseException as problem:
            if not (stage / RECORD).exists():
                shutil.rmtree(stage, ignore_errors=True)
            if isinstance(problem, OSError):
                raise cannot_write(self._workspace, problem) from None
            raise


def _give_names(workspace: Path) -> None:
    """Give every staged file its name; may be repeated."""
    stage = workspace / STAGE
    for number, name in enumerate(json.loads((stage / RECORD).read_text(encoding="utf-8"))):
        with contextlib.suppress(FileNotFoundError):
            os.replace(stage / str(number), workspace / name)
    shutil.rmtree(stage)


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file that is not there yet, and have it on the disk."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(path, mode)


def cannot_write(place: Path, problem: OSError) -> PrepctlError:
    """The line for a directory without room or rights; nothing has changed."""
    reason = problem.strerror or type(problem).__name__
    return PrepctlError(
        say("{path}: expected a directory that can be written to: {reason}; nothing was changed",
            path=place, reason=reason),
        ExitCode.USAGE,
    )  # fmt: skip
