"""Keep ``tests/sanity/ignore-*.txt`` equal to the reasons below and to nothing else.

Four rules of ``ansible-test sanity`` do not fit here, each for one reason:

* ``missing-gplv3-license``: every module is asked for a GPLv3 header; this project is Apache-2.0.
* ``no-unicode-literals`` and ``future-import-boilerplate`` (which forbids the former by another
  way): the judgement of controls carries Spanish sentences, and on Python 2.7 those are text only
  with ``unicode_literals``.
* ``empty-init``: a package says in its ``__init__.py`` what it holds.

Everything else is held to. ``sanity_ignores.py`` fails when a file is stale;
``sanity_ignores.py --write`` writes them.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
# The ansible-core versions of the lanes.
VERSIONS = ("2.16", "2.19")
# validate-modules asks these kinds of plugins for the header.
LICENSED = ("modules", "lookup", "callback", "inventory")


def has_unicode_literals(path: Path) -> bool:
    """Tell whether a file makes its literals Unicode."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(name.name == "unicode_literals" for name in node.names)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
    )


def wanted() -> str:
    """Return the text that each ignore file must have."""
    lines = []
    plugins = TOP / "plugins"
    for kind in LICENSED:
        for path in (plugins / kind).glob("*.py"):
            lines.append(f"{path.relative_to(TOP)} validate-modules:missing-gplv3-license")
    for path in plugins.rglob("*.py"):
        name = path.relative_to(TOP)
        if has_unicode_literals(path):
            lines += [f"{name} future-import-boilerplate", f"{name} no-unicode-literals"]
        if path.name == "__init__.py" and path.read_text(encoding="utf-8").strip():
            lines.append(f"{name} empty-init")
    return "".join(f"{line}\n" for line in sorted(lines))


def main(write: bool) -> int:
    text = wanted()
    stale = []
    for version in VERSIONS:
        path = TOP / f"tests/sanity/ignore-{version}.txt"
        if path.is_file() and path.read_text() == text:
            continue
        if write:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            print(f"wrote {path.relative_to(TOP)}")
        else:
            stale.append(f"{path.relative_to(TOP)} is stale: run tests/checks/sanity_ignores.py --write")
    print("\n".join(stale) or f"{len(text.splitlines())} ignores, each with its reason")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main("--write" in sys.argv[1:]))
