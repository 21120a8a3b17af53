"""Check that the runbook of election day is the same in English and Spanish: hours and commands, in order."""

from __future__ import annotations

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
ENGLISH, SPANISH = TOP / "docs/election-day.md", TOP / "docs/es/jornada.md"
SAME = re.compile(r"<!-- .+? -->|^    .+$|`prepctl .+?`", re.MULTILINE)


def main() -> int:
    english, spanish = (SAME.findall(path.read_text(encoding="utf-8")) for path in (ENGLISH, SPANISH))
    found = [
        f"{SPANISH.relative_to(TOP)}: expected {one!r} as in {ENGLISH.relative_to(TOP)}, got {other!r}"
        for one, other in zip([*english, "the end"], [*spanish, "the end"], strict=False)
        if one != other
    ]
    print("\n".join(found[:1]) or f"{len(english)} hours and commands are the same in both runbooks")
    return 1 if found or len(english) != len(spanish) or not english else 0


if __name__ == "__main__":
    sys.exit(main())
