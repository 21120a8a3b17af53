"""Keep the table of clauses in README.md equal to ``calls/dgo_2022.yml``.

``clause_table.py`` fails when the table is stale; ``clause_table.py --write`` writes it. It also
fails when a remedy of any call names a tag that no role has: the report would send people nowhere.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

TOP = Path(__file__).resolve().parents[2]
CALL = TOP / "calls/dgo_2022.yml"
README = TOP / "README.md"
BEGIN = "<!-- clauses: written by tests/checks/clause_table.py from calls/dgo_2022.yml -->"
END = "<!-- end of clauses -->"

# Clauses that no server and no document can prove.
WITHOUT_CONTROL = {
    "I.11": "an act of the institute: a verb, not a control",
    "I.12": "the report itself",
}


def tags(control: dict[str, Any]) -> list[str]:
    """Return the tags that mend a control; each is the name of a role."""
    return str(control["remediation"]["tag"]).split(",")


def table(call: dict[str, Any]) -> str:
    """Return the table: a row per clause of the call, in the call's order."""
    rows = ["| clause | what it asks | roles | controls |", "|---|---|---|---|"]
    for number, clause in call["clauses"].items():
        controls = [control for control in call["controls"] if control["clause"] == number]
        roles = dict.fromkeys(tag for control in controls for tag in tags(control))
        shown = ", ".join(f"`{control['slug']}`" for control in controls)
        rows.append(
            f"| {number} | {clause['en']} | {', '.join(f'`{role}`' for role in roles) or '-'} "
            f"| {shown or WITHOUT_CONTROL.get(number, 'none')} |"
        )
    return "\n".join(rows)


def without_role() -> list[str]:
    """Return the remedies of every call that no role answers for."""
    roles = {path.name for path in (TOP / "roles").iterdir() if (path / "tasks").is_dir()}
    return [
        f"{path.name}: {control['slug']}: no role is named {tag}"
        for path in sorted(CALL.parent.glob("*.yml"))
        for control in yaml.safe_load(path.read_text(encoding="utf-8"))["controls"]
        for tag in tags(control)
        if tag not in roles
    ]


def mistakes(call: dict[str, Any]) -> list[str]:
    """Return what is wrong in the call itself: clauses left out silently, or made up."""
    found = without_role()
    judged = {control["clause"] for control in call["controls"]}
    found += [
        f"{CALL.name}: clause {number} has no control and no reason in {Path(__file__).name}"
        for number in call["clauses"]
        if number not in judged and number not in WITHOUT_CONTROL
    ]
    found += [f"{CALL.name}: {number} is no clause" for number in judged - set(call["clauses"])]
    return found


def main(write: bool) -> int:
    call = yaml.safe_load(CALL.read_text(encoding="utf-8"))
    found = mistakes(call)
    text = README.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        found.append("README.md: has no place for the table of clauses")
    else:
        wanted = f"{before}{BEGIN}\n\n{table(call)}\n\n{END}{after}"
        if wanted != text and write:
            README.write_text(wanted, encoding="utf-8")
            print("wrote README.md")
        elif wanted != text:
            found.append("README.md: the table of clauses is stale: run tests/checks/clause_table.py --write")
    print("\n".join(found) or f"{len(call['controls'])} controls of {len(call['clauses'])} clauses in README.md")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main("--write" in sys.argv[1:]))
