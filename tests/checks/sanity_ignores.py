"""Keep ``tests/sanity/ignore-*.txt`` equal to the list of modules.

One rule of ``ansible-test sanity`` does not fit: validate-modules asks each module for a GPLv3
header, and this project is under Apache-2.0. Everything else is held to.
``sanity_ignores.py`` fails when a file is stale; ``sanity_ignores.py --write`` writes them.
"""

from __future__ import annotations

import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
RULE = "validate-modules:missing-gplv3-license"
# The ansible-core versions of the lanes.
VERSIONS = ("2.16", "2.19")


def main(write: bool) -> int:
    modules = sorted((TOP / "plugins/modules").glob("*.py"))
    wanted = "".join(f"plugins/modules/{path.name} {RULE}\n" for path in modules)
    stale = []
    for version in VERSIONS:
        path = TOP / f"tests/sanity/ignore-{version}.txt"
        if path.is_file() and path.read_text() == wanted:
            continue
        if write:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted)
            print(f"wrote {path.relative_to(TOP)}")
        else:
            stale.append(f"{path.relative_to(TOP)} is stale: run tests/checks/sanity_ignores.py --write")
    print("\n".join(stale) or f"{len(modules)} modules in the ignore files")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main("--write" in sys.argv[1:]))
