#!/usr/bin/env python3
"""What `prepctl` costs before it does anything: CPU of its help, of a verb's help and of a completion, each against
`python -c 'import typer'`, the least that a command of this kind costs.

    .venv/el7/bin/python bench/cli.py [ROUNDS]

Rounds are taken in turn, so that what else the machine does falls on all of them; the median counts.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

PREPCTL = str(Path(sys.executable).parent / "prepctl")
COMPLETION = {"_PREPCTL_COMPLETE": "complete_bash", "COMP_WORDS": "prepctl onb", "COMP_CWORD": "1"}
CASES: dict[str, tuple[list[str], dict[str, str]]] = {
    "import typer": ([sys.executable, "-c", "import typer"], {}),
    "prepctl --help": ([PREPCTL, "--help"], {}),
    "prepctl add --help": ([PREPCTL, "add", "--help"], {}),
    "a completion": ([PREPCTL], COMPLETION),
    "prepctl --version": ([PREPCTL, "--version"], {}),
}


def cpu(command: list[str], variables: dict[str, str]) -> float:
    """Seconds of processor that a command takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **variables})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    taken: dict[str, list[float]] = {name: [] for name in CASES}
    for number in range(rounds + 1):
        for name, case in CASES.items():
            seconds = cpu(*case)
            if number:  # the first round writes bytecode
                taken[name].append(seconds)
    peer = statistics.median(taken["import typer"])
    for name, seconds in taken.items():
        median = statistics.median(seconds)
        print(f"{name:20} {median:6.3f} s {median / peer:6.1f} x   (least {min(seconds):.3f} s)")


if __name__ == "__main__":
    main()
