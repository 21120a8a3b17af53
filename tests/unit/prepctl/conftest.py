"""A workspace of local hosts, and prepctl run over it for real."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from outlets import made, ws  # noqa: F401 (fixtures)

INVENTORY = """[diffusers]
uno ansible_connection=local ansible_python_interpreter={python}
dos ansible_connection=local ansible_python_interpreter={python}
"""
CONFIG = "[defaults]\nhost_key_checking = True\ninterpreter_python = auto_silent\n"


@dataclass
class Result:
    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        return json.loads(self.stdout)


# Ansible reads its configuration once a process: none of a workspace that some test made.
with tempfile.NamedTemporaryFile(suffix=".cfg") as empty, pytest.MonkeyPatch.context() as patch:
    patch.setenv("ANSIBLE_CONFIG", empty.name)
    importlib.import_module("ansible.constants")


@pytest.fixture(autouse=True)
def private(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where private data directories go, away from those of other runs on this machine."""
    directory = tmp_path_factory.mktemp("private")
    monkeypatch.setenv("PREPCTL_TMPDIR", str(directory))
    # What reads an inventory in this process names its configuration there; the next test's is another.
    monkeypatch.setenv("ANSIBLE_CONFIG", "")
    monkeypatch.delenv("ANSIBLE_CONFIG")
    return directory


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "diffusers.ini").write_text(INVENTORY.format(python=sys.executable))
    (tmp_path / "ansible.cfg").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def prepctl(workspace: Path) -> Callable[..., Result]:
    """Run prepctl in the workspace, as a person would: in a process of its own."""

    def call(*arguments: str) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "prepctl", *arguments],
            cwd=workspace,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def playbook(workspace: Path) -> Callable[..., None]:
    """Write the workspace's site.yml from a list of tasks, in YAML."""

    def write(tasks: str, name: str = "site.yml", **play: str) -> None:
        head = "- name: Play\n  hosts: diffusers\n  gather_facts: false\n  tasks:\n"
        (workspace / name).write_text(head + "".join(f"    {line}\n" for line in tasks.strip("\n").splitlines()))

    return write


@pytest.fixture
def report_task() -> Callable[[dict[str, Any]], str]:
    """Tasks that leave a compliance.json, as the compliance role does."""

    def task(document: dict[str, Any]) -> str:
        return f"""
- name: Make the report's directory
  ansible.builtin.file:
    path: "{{{{ playbook_dir }}}}/reports/run"
    state: directory
    mode: "0755"
  run_once: true
- name: Write the report
  ansible.builtin.copy:
    dest: "{{{{ playbook_dir }}}}/reports/run/compliance.json"
    content: '{json.dumps(document)}'
    mode: "0644"
  run_once: true
"""

    return task
