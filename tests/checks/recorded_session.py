#!/usr/bin/env python3
"""The README's session is a part of docs/session.txt, line by line; `...` leaves lines out."""

from __future__ import annotations

import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- session -->", "<!-- end of session -->"
INDENT = "    "


def shown(readme: str) -> list[str]:
    """The lines between the marks, as a terminal had them."""
    block = readme.partition(BEGIN)[2].partition(END)[0]
    return [line.removeprefix(INDENT) for line in block.strip("\n").splitlines()]


def problems(part: list[str], whole: list[str]) -> list[str]:
    """What of the part is not in the whole at its place."""
    if not any(line.startswith("$ ") for line in part):
        return [f"README.md: expected a session between {BEGIN} and {END}, found none"]
    at, skipping = 0, True
    for line in part:
        if line.strip() == "...":
            skipping = True
            continue
        if not line.strip():
            continue
        rest = [number for number in range(at, len(whole)) if whole[number].strip()]
        found = [number for number in (rest if skipping else rest[:1]) if whole[number].rstrip() == line.rstrip()]
        if not found:
            return [f"README.md: {line!r} is not what docs/session.txt has next"]
        at, skipping = found[0] + 1, False
    return []


def main() -> int:
    """Say what is wrong; the exit code is 1 then."""
    whole = (TOP / "docs/session.txt").read_text(encoding="utf-8").splitlines()
    found = problems(shown((TOP / "README.md").read_text(encoding="utf-8")), whole)
    print("\n".join(found) or "the README's session is what was recorded")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
