"""Check that no tracked file names a registry host or a path of one machine.

A package index, a container registry or a home directory that only the author's machine has
makes a checkout that works nowhere else. Prints file, line and what was found.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SELF = Path(__file__).resolve()

# Package indexes and caches are the machine's own configuration. Container images are named by
# repository in one place (molecule/el), which is why registries of images are not here.
FORBIDDEN = (
    (re.compile(r"\b(?:pypi\.org|files\.pythonhosted\.org|galaxy\.ansible\.com/api)\b"), "a package index"),
    (re.compile(r"--(?:extra-)?index-url|--find-links"), "a package index option"),
    (re.compile(r"(?<![\w.$}/-])/(?:root|work|home/\w+|Users/\w+)/(?!\.ssh\b)"), "a path of one machine"),
    (re.compile(r"(?<![\w./-])/opt/(?:pypi|wheels)\b"), "a path of one machine"),
)
TEXT_LIMIT = 1_000_000


def tracked() -> list[Path]:
    """Return the files that git tracks, or would (new and not ignored)."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=TOP,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [TOP / name for name in listed.split("\0") if name]


def findings(path: Path) -> list[str]:
    """Return one line per forbidden text in ``path``; binary files have none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    if len(text) > TEXT_LIMIT:
        return []
    return [
        f"{path.relative_to(TOP)}:{number}: {what}: {match.group(0)}"
        for number, line in enumerate(text.splitlines(), 1)
        for pattern, what in FORBIDDEN
        for match in pattern.finditer(line)
    ]


def main() -> int:
    files = [path for path in tracked() if path != SELF]
    found = [line for path in files for line in findings(path)]
    print("\n".join(found) or f"{len(files)} files name no machine")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
