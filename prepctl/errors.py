"""Errors that end prepctl with one clear line instead of a traceback."""

from __future__ import annotations

from prepctl.exit_codes import ExitCode


class PrepctlError(Exception):
    """Something a person can put right.

    :param message: one line: what is wrong and what to do.
    :param code: exit code of the command.
    """

    def __init__(self, message: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(message)
        self.code = code


class Mistakes(PrepctlError):
    """Several things to put right, one line each; nothing was changed."""

    def __init__(self, lines: list[str], code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__("; ".join(lines), code)
        self.lines = lines
