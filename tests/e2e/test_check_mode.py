"""What ``--check`` says would change, path by path, is what the run then changes; and it changes nothing itself.

Bare servers are Molecule's part (molecule/shared/check_mode.py). Here stand servers with all packages, on
which an option of each role gets another value, and which get the usual values back.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import workspace
from test_killed_runs import changes

HOST = "difusor13"
CALLBACK = workspace.TOP / "molecule/shared/callbacks"


def run(file: Path, *options: str) -> dict[str, Any]:
    """Run the site playbook on the host and return what it changed, or said that it would: {task: paths}."""
    environment = {
        "PREP_CHANGES_FILE": str(file),
        "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACK),
        "ANSIBLE_CALLBACKS_ENABLED": "changes",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setitem(os.environ, name, value)
        done = workspace.playbook("site.yml", "--limit", HOST, *options)
    assert done.rc == 0, done.text[-3000:]
    entries = json.loads(file.read_text(encoding="utf-8").splitlines()[-1])["changes"].get(HOST, [])
    return dict(entries)


def test_what_is_announced_is_what_is_done(tmp_path: Path) -> None:
    """If the check had changed anything, the run after it would find less to change."""
    file = tmp_path / "changes.jsonl"
    for variables in (changes(9), {}):
        given = ["-e", json.dumps(variables)]
        announced = run(file, *given, "--check")
        assert announced
        assert run(file, *given) == announced
