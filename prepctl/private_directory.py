"""A directory for what must not stay: passwords, keys, Ansible's events. In memory where the machine has /dev/shm."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = "prepctl-run-"
# A directory that another run makes just now, before it holds it.
FRESH_S = 5


@contextlib.contextmanager
def private_directory() -> Iterator[Path]:
    """A directory of this process's own, mode 0700, removed at the end; PREPCTL_TMPDIR says where else."""
    memory = Path(os.environ.get("PREPCTL_TMPDIR") or "/dev/shm")
    parent = memory if memory.is_dir() and os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    _forget_the_killed(parent)
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))  # mode 0700
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
    for left in parent.glob(PREFIX + "*"):
        with contextlib.suppress(OSError):
            handle = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fresh = time.time() - os.fstat(handle).st_ctime < FRESH_S
                if os.fstat(handle).st_uid == os.getuid() and not fresh:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(handle)
