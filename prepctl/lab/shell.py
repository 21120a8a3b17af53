"""Run a command, or say in one line why it failed."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path


class LabError(Exception):
    """One line for a person: what failed, and what to do."""


def run(argv: Sequence[str], *, input_text: str | None = None, cwd: Path | None = None) -> str:
    """Return the standard output of ``argv``; raise LabError with its last words otherwise."""
    try:
        done = subprocess.run(argv, input=input_text, capture_output=True, text=True, check=False, cwd=cwd)
    except FileNotFoundError:
        raise LabError(f"{argv[0]} is not installed; bin/demo installs what the lab needs on Debian as root") from None
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()
        raise LabError(f"`{' '.join(argv[:6])}` ended with {done.returncode}: {words[-1]}")
    return done.stdout


def docker(*argv: str, input_text: str | None = None) -> str:
    """Run the docker client; see :func:`run`."""
    return run(["docker", *argv], input_text=input_text)
