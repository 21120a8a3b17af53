"""The scenario's play once more, with other variables, and what it said."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

SCENARIO = Path(os.environ.get("MOLECULE_SCENARIO_DIRECTORY", "."))
WORKSPACE = SCENARIO / ".lab"


def converge(*options: str, play: str = "converge.yml") -> subprocess.CompletedProcess[str]:
    """Run the role again as the scenario does, or another of the scenario's plays."""
    return subprocess.run(
        ["ansible-playbook", "-i", "diffusers.ini", str(SCENARIO / play), *options],
        cwd=WORKSPACE, capture_output=True, text=True, timeout=300,
        env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1", "COLUMNS": "1000"},
    )  # fmt: skip


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a run wrote, on one line: messages are wrapped, and quoted as YAML or JSON."""
    return " ".join((done.stdout + done.stderr).split()).replace("''", "'").replace('\\"', '"')


def changed(done: subprocess.CompletedProcess[str]) -> int:
    """Return how many tasks changed something in a run that went well."""
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"changed=(\d+)", done.stdout)
    assert found, done.stdout
    return int(found[1])
