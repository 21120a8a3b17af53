"""The profile of a run: prepctl makes it of events, the callback of Ansible's own; both by the same sums."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

TASKS = """
- name: Wait
  ansible.builtin.command: sleep 0.4
  changed_when: false
- name: One alone
  ansible.builtin.debug:
    msg: here
  when: inventory_hostname == 'uno'
"""
HOSTS = {"dos": {"executed": 1, "skipped": 1}, "uno": {"executed": 2, "skipped": 0}}


def seconds(profile: dict, task: str) -> float:
    return next(part["seconds"] for part in profile["tasks"] if part["task"] == task)


def test_onboard_keeps_a_profile_and_shows_it_when_asked(
    prepctl: Callable, playbook: Callable, workspace: Path
) -> None:
    playbook(TASKS)
    result = prepctl("onboard", "--profile")
    assert result.code == 0, result.stdout + result.stderr
    (path,) = workspace.glob("runs/*/profile.json")
    kept = json.loads(path.read_text())
    assert kept["hosts"] == HOSTS
    assert seconds(kept, "Wait") >= 0.4 > seconds(kept, "One alone")
    told = result.stdout.splitlines()
    assert next(line for line in told if line.startswith("whole run")).split()[-2:] == ["1-2", "0-1"]
    assert f"profile: {path.relative_to(workspace)}" in told
    assert path.stat().st_mode & 0o077 == 0


def test_the_callback_tells_the_same(playbook: Callable, workspace: Path) -> None:
    playbook(TASKS)
    environment = {"ANSIBLE_CALLBACKS_ENABLED": "iepc.prep.profile", "PREP_PROFILE_FILE": str(workspace / "kept.json")}
    program = Path(sys.executable).parent / "ansible-playbook"
    done = subprocess.run([program, "site.yml", "-i", "diffusers.ini"], cwd=workspace, capture_output=True, text=True,
                          env={**os.environ, **environment})  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    kept = json.loads((workspace / "kept.json").read_text())
    assert kept["hosts"] == HOSTS
    assert seconds(kept, "Wait") >= 0.4 > seconds(kept, "One alone")
    assert "whole run, per host" in done.stdout
    assert "[WARNING]: Failure using method" not in done.stderr
