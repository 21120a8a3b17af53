"""The command line: help, versions, usage errors in one line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from prepctl import cli
from prepctl.errors import PrepctlError


def test_help_names_verbs_and_exit_codes(prepctl: Callable) -> None:
    result = prepctl("--help")
    assert result.code == 0
    for word in ("preflight", "onboard", "check", "lab", "Exit codes"):
        assert word in result.stdout


def test_help_loads_nothing_slow() -> None:
    code = "import sys, prepctl.cli; print([m for m in ('ansible_runner', 'rich.live', 'yaml') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_version(prepctl: Callable) -> None:
    result = prepctl("--version")
    assert result.code == 0
    assert "iepc-prep" in result.stdout and "ansible-core" in result.stdout


@pytest.mark.parametrize("arguments", [["nonsense"], ["onboard", "--nonsense"], ["onboard", "--limit"], ["lab", "fly"]])
def test_usage_errors_are_one_line_and_exit_1(prepctl: Callable, arguments: list[str]) -> None:
    result = prepctl(*arguments)
    assert result.code == 1
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stderr.startswith("prepctl: ")


def test_no_workspace(prepctl: Callable, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    result = prepctl("onboard", "--workspace", str(empty))
    assert result.code == 1
    assert "expected an inventory, found none" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (empty / "runs").exists()


def test_onboard_needs_the_workspaces_own_playbook(prepctl: Callable) -> None:
    result = prepctl("onboard")
    assert result.code == 1
    assert "site.yml: expected the workspace's playbook" in result.stderr


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    with pytest.raises(PrepctlError):
        cli.main(["onboard", "--workspace", str(tmp_path), "--debug"])


def test_the_unexpected_is_one_line_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def explode(*_arguments: object) -> None:
        raise RuntimeError("first\nsecond")

    monkeypatch.setattr("prepctl.workspace.Workspace.open", explode)
    with pytest.raises(SystemExit) as ended:
        cli.main(["onboard", "--workspace", str(tmp_path)])
    assert ended.value.code == 4
    assert capsys.readouterr().err == "prepctl: unexpected RuntimeError: first second (--debug shows where)\n"
