"""Every control is turned from pass to fail and back by something.

What is read on a server or seen from outside, by a breakage of ``tests/e2e/breakages.yml`` on a real server,
or, with the reason listed there, by recorded evidence in the unit tests. What documents and people say, by the
unit tests. And no breakage speaks of a control that the call does not have.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import yaml

TOP = Path(__file__).resolve().parents[2]
UNIT = TOP / "tests/unit/plugins/compliance/test_controls.py"
LEAST = 24
# Only to be attested: a machine finds nothing, whatever is recorded.
ATTESTED = {"ddos.provider", "bandwidth.sufficient"}


def spoiled_in_unit_tests() -> set[str]:
    """Return the controls that have a case in FAILURES."""
    for node in ast.parse(UNIT.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FAILURES":
            assert isinstance(node.value, ast.Dict)
            return {str(ast.literal_eval(key)) for key in node.value.keys if key is not None}
    return set()


def mistakes(controls: list[dict[str, Any]], data: dict[str, Any]) -> list[str]:
    """Return one line for each control that nothing turns, and for each entry that says too little."""
    breakages, excused = data["breakages"], data["without_breakage"]
    known = {control["slug"] for control in controls}
    on_a_server = {control["slug"] for control in controls if {"host", "outside"} & set(control["source"])}
    broken = {slug for breakage in breakages for slug in breakage["flips"]}
    recorded = spoiled_in_unit_tests()
    # Turned on its own account, not because nothing at all could be read.
    proven = {
        slug
        for breakage in breakages
        for slug, result in breakage["flips"].items()
        if result != "error" or len(breakage["flips"]) == 1
    }
    found = [f"{slug}: no breakage turns it, and no reason is listed" for slug in on_a_server - proven - set(excused)]
    found += [f"{slug}: has a reason, and a breakage, too" for slug in proven & set(excused)]
    found += [f"{slug}: is listed without a reason" for slug, why in excused.items() if not str(why).strip()]
    found += [f"{slug}: is no control of the call" for slug in (broken | set(excused)) - known]
    found += [
        f"{slug}: has no case in FAILURES of {UNIT.relative_to(TOP)}"
        for slug in (known - on_a_server | set(excused)) - recorded - ATTESTED
    ]
    for breakage in breakages:
        explained = breakage.get("why", "").strip()
        if not explained and (len(breakage["flips"]) > 1 or set(breakage["flips"].values()) != {"fail"}):
            found.append(f"{breakage['name']}: turns several controls, or not to fail, and says no why")
    names = [breakage["name"] for breakage in breakages]
    found += [f"{name}: twice" for name in sorted(set(names)) if names.count(name) > 1]
    if len(breakages) < LEAST:
        found.append(f"{len(breakages)} breakages, at least {LEAST} expected")
    return sorted(found)


def main() -> int:
    call = yaml.safe_load((TOP / "calls/dgo_2022.yml").read_text(encoding="utf-8"))
    data = yaml.safe_load((TOP / "tests/e2e/breakages.yml").read_text(encoding="utf-8"))
    found = mistakes(call["controls"], data)
    print("\n".join(found) or f"{len(data['breakages'])} breakages turn the controls of a server")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
