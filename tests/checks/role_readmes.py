"""Keep each role's README.md equal to what its ``meta/argument_specs.yml`` says.

``role_readmes.py`` fails when a README is stale; ``role_readmes.py --write`` writes them. What
stands below the line ``NOTES`` is written by hand and kept: what a role does beyond its options,
what was measured, what is left open.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

TOP = Path(__file__).resolve().parents[2]
HEAD = "<!-- Written by tests/checks/role_readmes.py from meta/argument_specs.yml: change that file. -->"


NOTES = "<!-- Below: notes, written by hand. -->"


def paragraphs(text: str | list[str] | None) -> list[str]:
    """Return a description of the specs, a string or a list of them, as paragraphs."""
    if not text:
        return []
    parts = [text] if isinstance(text, str) else text
    # C(x), I(x), V(x), O(x): Ansible's markup for what Markdown sets in backticks.
    return [re.sub(r"\b[CIVO]\(([^)]*)\)", r"`\1`", " ".join(part.split())) for part in parts]


def cell(text: str) -> str:
    """Return ``text`` fit for a cell of a Markdown table."""
    return text.replace("|", "\\|")


def shown_default(name: str, option: dict[str, Any], defaults: dict[str, Any]) -> str:
    """Return how a default reads in the table; a long one is left to defaults/main.yml."""
    if option.get("required"):
        return "required"
    if name not in defaults:
        return "from the inventory"
    value = defaults[name]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    if not text:
        return "empty"
    return f"`{text}`" if len(text) <= 60 else "see `defaults/main.yml`"


def kind(option: dict[str, Any]) -> str:
    """Return the type of an option, with the type of its elements and its choices."""
    text = str(option.get("type", "str"))
    if option.get("elements"):
        text += f" of {option['elements']}"
    if option.get("choices"):
        text += ": " + ", ".join(f"`{choice}`" for choice in option["choices"])
    return text


def rows(options: dict[str, dict[str, Any]], defaults: dict[str, Any] | None, prefix: str = "") -> list[str]:
    """Return the table's rows; the keys of a dictionary option follow it as ``name.key``."""
    found: list[str] = []
    for name, option in options.items():
        if defaults is None:
            default = "required" if option.get("required") else str(option.get("default", ""))
        else:
            default = shown_default(name, option, defaults)
        described = cell(" ".join(paragraphs(option.get("description"))))
        found.append(f"| `{prefix}{name}` | {cell(kind(option))} | {cell(default)} | {described} |")
        found += rows(option.get("options") or {}, None, f"{prefix}{name}.")
    return found


def notes(path: Path) -> str:
    """Return what was written by hand in a README, to be kept as it is."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if NOTES in text:
        return text.partition(NOTES)[2]
    if HEAD in text:
        return ""
    # A README that was wholly written by hand: everything but its title and the way to the specs.
    lines = [
        line
        for line in text.splitlines(keepends=True)
        if not line.startswith((f"# iepc.prep.{path.parent.name}", "The options are in `meta/"))
    ]
    kept = "".join(lines).strip()
    return f"\n\n{kept}\n" if kept else ""


def readme(role: Path) -> str:
    """Return the text that the README of ``role`` must have."""
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text(encoding="utf-8"))
    spec = specs["argument_specs"]["main"]
    defaults_file = role / "defaults/main.yml"
    defaults = yaml.safe_load(defaults_file.read_text(encoding="utf-8")) if defaults_file.is_file() else {}
    lines = [f"# iepc.prep.{role.name}", "", HEAD, ""]
    for paragraph in paragraphs(spec.get("short_description")) + paragraphs(spec.get("description")):
        # The short description is a title without a full stop.
        lines += [paragraph if paragraph.endswith((".", ":")) else paragraph + ".", ""]
    options = spec.get("options") or {}
    if options:
        lines += ["| variable | type | default | meaning |", "|---|---|---|---|"]
        lines += rows(options, defaults or {})
        lines.append("")
    lines += [f"In `site.yml` it runs with the tag `{role.name}`.", ""]
    by_hand = notes(role / "README.md")
    if by_hand:
        lines += [NOTES]
    return "\n".join(lines) + by_hand


def main(write: bool) -> int:
    stale = []
    for role in sorted((TOP / "roles").iterdir()):
        if not (role / "meta/argument_specs.yml").is_file():
            continue
        wanted = readme(role)
        path = role / "README.md"
        if path.is_file() and path.read_text(encoding="utf-8") == wanted:
            continue
        if write:
            path.write_text(wanted, encoding="utf-8")
            print(f"wrote {path.relative_to(TOP)}")
        else:
            stale.append(f"{path.relative_to(TOP)} is stale: run tests/checks/role_readmes.py --write")
    print("\n".join(stale) or "role READMEs agree with their specs")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main("--write" in sys.argv[1:]))
