#!/usr/bin/env python3
"""What `prepctl` costs before it does anything: CPU of its help, of a verb's help and of a completion, each against
`python -c 'import typer'`, the least that a command of this kind costs.

    .venv/el7/bin/python bench/cli.py [ROUNDS] [--json]

Rounds are taken in turn, so that what else the machine does falls on all of them; the median counts.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

from figures import Figure, Measured, run_bench

PREPCTL = str(Path(sys.executable).parent / "prepctl")
COMPLETION = {"_PREPCTL_COMPLETE": "complete_bash", "COMP_WORDS": "prepctl onb", "COMP_CWORD": "1"}
CASES: dict[str, tuple[list[str], dict[str, str]]] = {
    "import typer": ([sys.executable, "-c", "import typer"], {}),
    "prepctl --help": ([PREPCTL, "--help"], {}),
    "prepctl add --help": ([PREPCTL, "add", "--help"], {}),
    "a completion": ([PREPCTL], COMPLETION),
    "prepctl --version": ([PREPCTL, "--version"], {}),
}
SLUGS = {
    "prepctl --help": "help",
    "prepctl add --help": "verb_help",
    "a completion": "completion",
    "prepctl --version": "version",
}


def cpu(command: list[str], variables: dict[str, str]) -> float:
    """Seconds of processor that a command takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **variables})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(given: argparse.Namespace) -> Measured:
    """Print the seconds of each command; return them as ratios to the peer's."""
    taken: dict[str, list[float]] = {name: [] for name in CASES}
    for number in range(given.rounds + 1):
        for name, case in CASES.items():
            once = cpu(*case)
            if number:  # the first round writes bytecode
                taken[name].append(once)
    peer = statistics.median(taken["import typer"])
    for name, seconds in taken.items():
        print(f"{name:20} {statistics.median(seconds):6.3f} s   (least {min(seconds):.3f} s)")
    return Measured([
        Figure(f"cli.{slug}", statistics.median(taken[name]) / peer, "CPU of `import typer`")
        for name, slug in SLUGS.items()
    ])  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("rounds", type=int, nargs="?", default=15)
    return run_bench(parser, measure)


if __name__ == "__main__":
    sys.exit(main())
