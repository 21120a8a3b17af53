"""Check that every role has a Molecule scenario of its name that applies it, and nothing else, to a server.

`molecule/ROLE/converge.yml` may name `iepc.prep.ROLE` alone, under `roles` or in tasks that import or
include it (with any `tasks_from`). Prints one line per mistake; the exit code is 1 when there is one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

TOP = Path(__file__).resolve().parents[2]
PREFIX = "iepc.prep."
IMPORTS = ("import_role", "include_role", "ansible.builtin.import_role", "ansible.builtin.include_role")


def named_roles(node: Any) -> Iterator[str]:
    """Yield every role that plays and tasks name, however deep in blocks."""
    if isinstance(node, list):
        for one in node:
            yield from named_roles(one)
    elif isinstance(node, dict):
        for role in node.get("roles") or []:
            yield str(role if isinstance(role, str) else role.get("role") or role.get("name"))
        for key in IMPORTS:
            if isinstance(node.get(key), dict):
                yield str(node[key].get("name"))
        for key in ("pre_tasks", "tasks", "post_tasks", "handlers", "block", "rescue", "always"):
            yield from named_roles(node.get(key) or [])


def mistakes(role: str) -> list[str]:
    """Return one line per mistake in the scenario of ``role``."""
    scenario = TOP / "molecule" / role
    where = f"molecule/{role}"
    found = [f"{where}: has no {name}" for name in ("molecule.yml", "converge.yml") if not (scenario / name).is_file()]
    if not list(scenario.glob("tests/test_*.py")):
        found.append(f"{where}: has no tests/test_*.py")
    if (scenario / "converge.yml").is_file():
        applied = set(named_roles(yaml.safe_load((scenario / "converge.yml").read_text(encoding="utf-8"))))
        if PREFIX + role not in applied:
            found.append(f"{where}/converge.yml: does not apply {PREFIX}{role}")
        for other in sorted(applied - {PREFIX + role}):
            found.append(f"{where}/converge.yml: applies {other}, expected {PREFIX}{role} alone")
    if (scenario / "molecule.yml").is_file():
        settings = yaml.safe_load((scenario / "molecule.yml").read_text(encoding="utf-8")) or {}
        if not settings.get("platforms"):
            found.append(f"{where}/molecule.yml: names no platforms, so the whole lab would start")
    return found


def main() -> int:
    roles = sorted(path.name for path in (TOP / "roles").iterdir() if (path / "tasks").is_dir())
    found = [line for role in roles for line in mistakes(role)]
    print("\n".join(found) or f"{len(roles)} roles have a scenario of their own")
    return 1 if found or not roles else 0


if __name__ == "__main__":
    sys.exit(main())
