"""What prepctl's exit codes mean.  Where several apply, the highest is returned."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every verb."""

    OK = 0
    USAGE = 1
    """The command line or the inventory is wrong; no server was touched."""
    CONTROL_FAILED = 2
    """A required control is not proven, or preflight refused a server."""
    UNREACHABLE = 3
    """Some server could not be reached; the others were worked on."""
    RUN_FAILED = 4
    """The run itself broke: a task failed, or Ansible could not start."""
