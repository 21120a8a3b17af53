"""Check that what the call of 2022 says is nowhere in code: another election is another file.

Looks for the call's dates, zone, names and slugs of documents and stages in every string of Python
code (docstrings and a module's documentation aside), in what roles and playbooks say, and in
templates; and for its ports and its freshness limit among the numbers of the controls.
Prints one line per finding; the exit code is 1 when there is one.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

TOP = Path(__file__).resolve().parents[2]
CALL = TOP / "calls/dgo_2022.yml"
DOCUMENTED = ("DOCUMENTATION", "EXAMPLES", "RETURN")
CONTROLS = TOP / "plugins/module_utils/controls"

# (file, literal): why it may stand there. One that is not found any more is a mistake too.
ACCEPTED = {
    ("plugins/module_utils/contact_script.py", "America/Monterrey"): "preflight: is the country's zone table current?",
    ("plugins/module_utils/contact_script.py", "2027-06-06 20:00"): "preflight: is the country's zone table current?",
    ("plugins/module_utils/preflight.py", "America/Monterrey"): "preflight: is the country's zone table current?",
    ("plugins/module_utils/evidence/catalogue.py", "America/Monterrey"): "default; the role passes the call's",
    ("plugins/module_utils/evidence/catalogue.py", "2027-06-06 20:00"): "default; the role passes the call's",
    ("roles/time_sync/defaults/main.yml", "America/Monterrey"): "default of a role used alone",
    ("roles/time_sync/defaults/main.yml", "2027-06-06 20:00"): "default of a role used alone",
    ("roles/time_sync/vars/main.yml", "America/Monterrey"): "an example in a message",
    ("roles/publication/defaults/main.yml", "the institute's name"): "default of a role used alone",
}


def literals(call: dict[str, Any]) -> dict[str, str]:
    """Return ``{what to look for: how a finding names it}``."""
    found = {call["id"]: call["id"], call["zone"]: call["zone"], call["institute"]["name"]: "the institute's name"}
    found[call["institute"]["short"]] = "the institute's short name"
    found[call["institute"]["unit"]] = "the institute's unit"
    text = yaml.safe_dump(call)
    found.update({moment: moment for moment in re.findall(r"\b\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2})?\b", text)})
    # Single common words (list, logo, election) say nothing; names made for the call do.
    slugs = [one["slug"] for kind in ("documents", "stages") for one in call[kind]]
    found.update({slug: slug for slug in slugs if "_" in slug})
    return found


def code_strings(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of the strings that a Python file works with."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    quiet: set[int] = set()
    for node in ast.walk(tree):
        told = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        documented = isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id in DOCUMENTED for target in node.targets
        )
        if told or documented:
            quiet.update(id(inner) for inner in ast.walk(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in quiet:
            yield node.lineno, node.value


def yaml_strings(value: Any) -> Iterator[tuple[int, str]]:
    """Yield (0, text) of all keys and values of parsed YAML."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield 0, str(key)
            yield from yaml_strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from yaml_strings(inner)
    elif value is not None:
        yield 0, str(value)


def sources() -> Iterator[tuple[Path, Iterator[tuple[int, str]]]]:
    """Yield every file that is code, with its strings."""
    for root in ("plugins", "prepctl"):
        for path in sorted((TOP / root).rglob("*.py")):
            yield path, code_strings(path)
    for path in sorted([*(TOP / "roles").rglob("*"), *(TOP / "playbooks").rglob("*")]):
        if not path.is_file() or "meta" in path.parts or path.name == "README.md":
            continue
        if path.suffix == ".yml":
            yield path, yaml_strings(yaml.safe_load(path.read_text(encoding="utf-8")))
        else:
            yield path, enumerate(path.read_text(encoding="utf-8").splitlines(), 1)


def numbers(call: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each number of the call's among the numbers that controls judge by."""
    asked = {port: "a port" for ports in call["ports"].values() for port in ports}
    asked[call["freshness_limit_seconds"]] = "the freshness limit"
    for path in sorted(CONTROLS.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        # 60 is also a minute: what multiplies or divides converts a unit.
        units = {
            id(side)
            for node in ast.walk(tree)
            if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.FloorDiv))
            for side in (node.left, node.right)
        }
        for node in ast.walk(tree):
            if id(node) in units:
                continue
            if isinstance(node, ast.Constant) and type(node.value) is int and node.value in asked:
                yield f"{path.relative_to(TOP)}:{node.lineno}: {node.value} is {asked[node.value]} of {CALL.name}"


def main() -> int:
    call = yaml.safe_load(CALL.read_text(encoding="utf-8"))
    wanted = literals(call)
    found, used, files = list(numbers(call)), set(), 0
    for path, strings in sources():
        name, files = str(path.relative_to(TOP)), files + 1
        for line, text in strings:
            for literal in (one for one in wanted if one in text):
                if (name, wanted[literal]) in ACCEPTED:
                    used.add((name, wanted[literal]))
                else:
                    found.append(f"{name}:{line or ''}: {wanted[literal]} of {CALL.name}")
    found += [f"{name}: accepted here and not found: {literal}" for name, literal in sorted(set(ACCEPTED) - used)]
    print("\n".join(found) or f"{files} files hold none of {len(wanted)} literals of {CALL.name}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
