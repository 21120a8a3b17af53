"""What a check found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from prepctl.exit_codes import ExitCode

OK, WARN, FAIL, UNREACHABLE = "ok", "warn", "fail", "unreachable"
CODES = {
    OK: ExitCode.OK, WARN: ExitCode.OK, FAIL: ExitCode.CONTROL_FAILED, UNREACHABLE: ExitCode.UNREACHABLE,
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's."""

    check: str
    """Stable name, for programs."""
    state: str
    said: str
    """What is so."""
    fix: str = ""
    """What to do, where something is."""

    def as_dict(self) -> dict[str, str]:
        """For ``--json``."""
        return dict(vars(self))


Check = Callable[[], Iterable[Finding]]


def carried_out(name: str, check: Check) -> list[Finding]:
    """The findings of a check; one that breaks is a finding itself, and keeps no other from being made."""
    try:
        return list(check())
    except Exception as problem:  # the doctor has to get to the end
        return [Finding(name, FAIL, f"the check broke: {type(problem).__name__}: {' '.join(str(problem).split())}")]
