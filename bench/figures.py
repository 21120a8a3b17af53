"""What every bench tells: figures that are ratios to a peer or a floor of the same run, and what was asked of each."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One ratio."""

    figure: str
    """Its slug, ``BENCH.WHAT``: what runs of other days are compared by."""
    ratio: float
    unit: str
    """What it is a ratio of."""
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool:
        """Whether it is as was asked; what nothing was asked of always is."""
        return (self.least is None or self.ratio >= self.least) and (self.most is None or self.ratio <= self.most)

    @property
    def asked(self) -> str:
        """What was asked, in words."""
        bounds = (("at least", self.least), ("at most", self.most))
        return ", ".join(f"{word} {bound:.3g}" for word, bound in bounds if bound is not None)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "figure": self.figure, "ratio": round(self.ratio, 3), "unit": self.unit, "asked": self.asked,
            "least": self.least, "most": self.most, "met": self.met,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Figure:
        """Read what :meth:`as_dict` told."""
        return cls(told["figure"], told["ratio"], told["unit"], told.get("least"), told.get("most"))


@dataclass
class Measured:
    """What a bench found."""

    figures: list[Figure]
    details: dict[str, Any] = field(default_factory=dict)
    """What more it has for JSON."""


def run_bench(
    parser: argparse.ArgumentParser,
    measure: Callable[[argparse.Namespace], Measured],
    arguments: Sequence[str] | None = None,
) -> int:
    """Run a bench: its figures as a table, or with ``--json`` as one document, all else then on standard error.

    :returns: the exit code, 1 when a figure is worse than was asked.
    """
    parser.add_argument("--json", action="store_true", help="print one JSON document with the figures")
    given = parser.parse_args(arguments)
    # Programs of the environment that the bench runs in, which need not be the caller's.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # One that is told to end still removes the machines and directories that it made.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    with contextlib.redirect_stdout(sys.stderr) if given.json else contextlib.nullcontext():
        found = measure(given)
    if given.json:
        print(json.dumps({**found.details, "figures": [one.as_dict() for one in found.figures]}, indent=1))
    else:
        for one in found.figures:
            verdict = f"   {one.asked}: {'ok' if one.met else 'NOT MET'}" if one.asked else ""
            print(f"{one.figure:<32} {one.ratio:8.2f} {one.unit}{verdict}")
    return 0 if all(one.met for one in found.figures) else 1
