"""Check that every role's ``meta/argument_specs.yml`` and ``defaults/main.yml`` say the same.

For each role:

* every option of the ``main`` entry point has a default, and every default is an option;
* a default that the specs state equals the one in ``defaults/main.yml``;
* public names start with the role's name; an inventory-wide name starts with ``prep_``;
* each option has a description and a type.

Options that are ``required: true`` have no default: the inventory must give them.
Prints one line per mistake; the exit code is 1 when there is one.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

TOP = Path(__file__).resolve().parents[2]


def load(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file, empty when the file is missing or has nothing in it."""
    if not path.is_file():
        return {}
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded or {}


def main_options(role: Path) -> dict[str, dict[str, Any]]:
    """Return the options of the role's ``main`` entry point."""
    specs = load(role / "meta/argument_specs.yml").get("argument_specs", {})
    return specs.get("main", {}).get("options") or {}


def mistakes(role: Path) -> list[str]:
    """Return one line per disagreement in ``role``."""
    where = f"roles/{role.name}"
    if not (role / "meta/argument_specs.yml").is_file():
        return [f"{where}: has no meta/argument_specs.yml"]
    found: list[str] = []
    options = main_options(role)
    defaults = load(role / "defaults/main.yml")
    for name in sorted(set(defaults) - set(options)):
        found.append(f"{where}/meta/argument_specs.yml: {name} is in defaults/main.yml but is no option")
    for name, option in sorted(options.items()):
        if not name.startswith((f"{role.name}_", "prep_")):
            found.append(f"{where}/meta/argument_specs.yml: {name} must start with {role.name}_")
        for key in ("type", "description"):
            if not option.get(key):
                found.append(f"{where}/meta/argument_specs.yml: {name} has no {key}")
        if name not in defaults:
            # prep_* belongs to the inventory; the role states what it reads.
            if not option.get("required") and not name.startswith("prep_"):
                found.append(f"{where}/defaults/main.yml: option {name} has no default")
        elif option.get("required"):
            found.append(f"{where}/meta/argument_specs.yml: {name} is required and yet has a default")
        elif "default" in option and option["default"] != defaults[name]:
            found.append(
                f"{where}: {name} is {defaults[name]!r} in defaults/main.yml"
                f" and {option['default']!r} in meta/argument_specs.yml"
            )
    return found


def main() -> int:
    roles = sorted(path for path in (TOP / "roles").iterdir() if (path / "tasks").is_dir())
    found = [line for role in roles for line in mistakes(role)]
    print("\n".join(found) or f"{len(roles)} roles agree with their specs")
    return 1 if found or not roles else 0


if __name__ == "__main__":
    sys.exit(main())
