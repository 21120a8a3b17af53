"""Runs a module under each old Python that this machine has: packed by ansible-core, as it goes to a server.

What would only bring it there, a connection to this machine, is left out but for one test: it takes seconds each time.
"""

from __future__ import annotations

import glob
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import ansible.release
import packing
import pytest

Run = Callable[..., dict[str, Any]]
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
def interpreter(request: pytest.FixtureRequest) -> str:
    """Each Python in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def pack() -> Iterator[Callable[..., bytes]]:
    """Call ``pack(name, args, interpreter)``; returns what ansible-core would copy to a server."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        yield lambda *words: process.submit(packing.packed, *words).result()


@pytest.fixture
def run_module(interpreter: str, pack: Callable[..., bytes], tmp_path: Path) -> Run:
    """Call ``run_module(name, args, check=False)``; returns the module's result."""
    place = tmp_path / "ansible"
    place.mkdir()

    def call(name: str, args: dict[str, Any], check: bool = False) -> dict[str, Any]:
        program = place / "AnsiballZ.py"
        told = {
            "_ansible_check_mode": check, "_ansible_diff": True, "_ansible_no_log": False,
            "_ansible_module_name": name, "_ansible_version": ansible.release.__version__,
            "_ansible_remote_tmp": str(place), "_ansible_shell_executable": "/bin/sh",
        }  # fmt: skip
        program.write_bytes(pack(name, {**args, **told}, interpreter))
        done = subprocess.run(
            [interpreter, str(program)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, cwd=tmp_path,
        )  # fmt: skip
        assert done.stdout.lstrip().startswith("{"), done.stdout + done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        return {"failed": False, **result, "printed": done.stdout + done.stderr}

    return call


@pytest.fixture
def run_by_ansible(interpreter: str, tmp_path: Path) -> Run:
    """The same through ``ansible`` itself, whose result is what it shows."""

    def call(name: str, args: dict[str, Any], check: bool = False) -> dict[str, Any]:
        argv = [
            os.path.join(os.path.dirname(sys.executable), "ansible"), "localhost", "-i", "localhost,", "-c", "local",
            "-m", name, "-a", json.dumps(args), "-e", f"ansible_python_interpreter={interpreter}", "--diff",
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
        return {**result, "failed": "FAILED" in line, "printed": done.stdout}

    return call
