"""Runs a module as Ansible does, under each old Python that this machine has."""

from __future__ import annotations

import glob
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ansible.release
import pytest

WANTED = ("2.7", "3.6", "3.9", "3.13")
# The lane for old servers runs modules under each of them, the other one under the newest: what differs
# between the lanes is how Ansible packs a module, not the module.
ALL = ansible.release.__version__.startswith("2.16.")


def interpreters() -> list[str]:
    """This Python, and those of the wanted versions that are on PATH or under pyenv."""
    found = [sys.executable]
    for version in WANTED:
        pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
        installed = sorted(glob.glob(f"{pyenv}/versions/{version}.*/bin/python{version}"))
        path = installed[-1] if installed else shutil.which(f"python{version}")
        if path:
            found.append(path)
    return found if ALL else found[-1:]


@pytest.fixture(params=interpreters(), ids=lambda path: os.path.basename(os.path.realpath(path)))
def run_module(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Call ``run_module(name, args, check=False)``; returns the module's result."""

    def call(name: str, args: dict[str, Any], check: bool = False) -> dict[str, Any]:
        argv = [
            os.path.join(os.path.dirname(sys.executable), "ansible"), "localhost", "-i", "localhost,", "-c", "local",
            "-m", name, "-a", json.dumps(args), "-e", f"ansible_python_interpreter={request.param}", "--diff",
        ]  # fmt: skip
        # `oneline` keeps the result on one line of JSON behind `=>`.
        environment = dict(os.environ, ANSIBLE_NOCOLOR="1", ANSIBLE_LOCAL_TEMP=str(tmp_path / "ansible"))
        done = subprocess.run(
            [*argv, "-o", *(["--check"] if check else [])],
            capture_output=True, text=True, timeout=60, cwd=tmp_path, env=environment,
        )  # fmt: skip
        line = next((line for line in done.stdout.splitlines() if "=>" in line), "")
        assert line, done.stdout + done.stderr
        result: dict[str, Any] = json.loads(line.partition("=>")[2])
        result["failed"] = "FAILED" in line
        result["printed"] = done.stdout
        return result

    return call
