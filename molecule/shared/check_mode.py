"""What check mode announced on bare servers is what the run then changed; afterwards it announces nothing.

The runs were written down by ``callbacks/changes.py``. Tasks are compared, not the paths in them: among what
a role writes on a bare server are files that a package, which isn't there yet, would bring just so
(tests/e2e/test_check_mode.py compares paths, on servers that have the packages).
"""

from __future__ import annotations

import json
import os
from pathlib import Path

# What these roles do is to look.
READ_ONLY = ("compliance", "preflight", "safety_net")


def runs() -> list[dict]:
    """Return the runs that Molecule's sequence made of the scenario's playbook, from the check before the first on.

    Check, converge, idempotence, and mostly another check. Tests may have run the playbook again since.
    """
    lines = (Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "changes.jsonl").read_text(encoding="utf-8")
    found = [run for run in map(json.loads, lines.splitlines()) if run["playbook"] == "converge.yml"]
    first = [run["check"] for run in found].index(False)
    last = first + 3 if [run["check"] for run in found[first + 2 : first + 3]] == [True] else first + 2
    return found[first - 1 : last]


def tasks(run: dict, host: str) -> list[str]:
    """Return the names of the tasks that changed something on a host."""
    return [task for task, _paths in run["changes"].get(host, [])]


def test_check_mode_is_faithful() -> None:
    announced, made = runs()[:2]
    assert announced["check"] and not made["check"]
    assert made["changes"] or os.environ["MOLECULE_SCENARIO_NAME"] in READ_ONLY, "the first run changed nothing"
    differences = {
        host: {
            "announced, not made": [one for one in before if one not in after],
            "made, not announced": [one for one in after if one not in before],
        }
        for host in made["changes"].keys() | announced["changes"].keys()
        if (before := tasks(announced, host)) != (after := tasks(made, host))
    }
    assert not differences, json.dumps(differences, indent=1)


def test_nothing_is_announced_afterwards() -> None:
    after = runs()[2:]
    assert after
    assert [run["changes"] for run in after] == [{}] * len(after)
