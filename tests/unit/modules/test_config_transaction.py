"""config_transaction: all files or none, and the process never sees a broken set."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MODULE = "iepc.prep.config_transaction"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def arguments(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """A set of a directory, two files, a secret and a link; `loaded` counts the reloads."""

    def build(text: str = "good\n", secret: str = "s3cr3t-value", **changes: Any) -> dict[str, Any]:
        root = tmp_path / "etc"
        counter = f"echo x >> {tmp_path}/loaded"
        return {
            "name": "test",
            "state_dir": str(tmp_path / "state"),
            "files": [
                {"path": f"{root}/conf.d", "state": "directory", "mode": "0750"},
                {"path": f"{root}/conf.d/a", "content": text, "mode": "0640"},
                {"path": f"{root}/secret", "secret_content": secret, "mode": "0600"},
                {"path": f"{root}/enabled", "state": "link", "target": "conf.d/a"},
            ],
            "validate": [["grep", "-q", "good", f"{root}/conf.d/a"]],
            "apply": [["sh", "-c", counter]],
            **changes,
        }

    return build


def loads(tmp_path: Path) -> int:
    path = tmp_path / "loaded"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_writes_checks_and_loads_once(run_module: Run, arguments: Any, tmp_path: Path) -> None:
    assert run_module(MODULE, arguments(), check=True)["changed"] is True
    assert not (tmp_path / "etc").exists()

    assert run_module(MODULE, arguments())["changed"] is True
    assert (tmp_path / "etc/enabled").read_text() == "good\n"
    assert stat.S_IMODE(os.stat(tmp_path / "etc/secret").st_mode) == 0o600
    assert loads(tmp_path) == 1

    assert run_module(MODULE, arguments())["changed"] is False
    assert run_module(MODULE, arguments(), check=True)["changed"] is False
    assert loads(tmp_path) == 1


def test_a_failed_check_puts_everything_back(run_module: Run, arguments: Any, tmp_path: Path) -> None:
    run_module(MODULE, arguments())
    broken = arguments("bad\n", secret="another-secret")
    broken["validate"] = [["sh", "-c", f"echo 'line 3: no such directive' >&2; grep -q good {tmp_path}/etc/conf.d/a"]]
    broken["files"].append({"path": f"{tmp_path}/etc/new/deep", "content": "x\n"})

    result = run_module(MODULE, broken)

    assert result["failed"] is True
    assert "line 3: no such directive" in result["msg"]
    assert (tmp_path / "etc/conf.d/a").read_text() == "good\n"
    assert (tmp_path / "etc/secret").read_text() == "s3cr3t-value"
    assert not (tmp_path / "etc/new/deep").exists()
    assert loads(tmp_path) == 1
    assert run_module(MODULE, arguments())["changed"] is False


def test_a_failed_load_puts_everything_back_and_loads_it(run_module: Run, arguments: Any, tmp_path: Path) -> None:
    run_module(MODULE, arguments())
    # Loads nothing but the former text, as a service that refuses a change does.
    apply = [["sh", "-c", f"echo x >> {tmp_path}/loaded; ! grep -q better {tmp_path}/etc/conf.d/a"]]

    result = run_module(MODULE, arguments("good and better\n", apply=apply))

    assert result["failed"] is True
    assert (tmp_path / "etc/conf.d/a").read_text() == "good\n"
    assert loads(tmp_path) == 3


def test_a_run_that_was_cut_off_is_finished_by_the_next(run_module: Run, arguments: Any, tmp_path: Path) -> None:
    run_module(MODULE, arguments())
    # As a kill between writing and loading leaves it: new text on disk, the journal still there.
    path = str(tmp_path / "etc/conf.d/a")
    journal = tmp_path / "state/transactions/test.json"
    journal.write_text(json.dumps({path: {"kind": "file", "data": "Z29vZAo=", "mode": 0o640, "uid": 0, "gid": 0}}))
    Path(path).write_text("good, newer\n")

    result = run_module(MODULE, arguments("good, newer\n"))

    assert result["changed"] is True and result["resumed"] is True
    assert loads(tmp_path) == 2
    assert not journal.exists()


def test_an_exclusive_directory_holds_what_is_named_and_nothing_else(
    run_module: Run, arguments: Any, tmp_path: Path
) -> None:
    run_module(MODULE, arguments())
    stray = tmp_path / "etc/conf.d/stray"
    stray.write_text("an old key\n")
    exclusive = arguments(validate=[["false"]])
    exclusive["files"][0]["exclusive"] = True

    assert run_module(MODULE, exclusive)["failed"] is True
    assert stray.read_text() == "an old key\n"

    exclusive["validate"] = []
    assert run_module(MODULE, exclusive, check=True)["changed_paths"] == [str(stray)]
    assert run_module(MODULE, exclusive)["changed"] is True
    assert not stray.exists() and (tmp_path / "etc/conf.d/a").exists()
    assert run_module(MODULE, exclusive)["changed"] is False


def test_no_secret_is_shown(run_module: Run, arguments: Any, tmp_path: Path) -> None:
    run_module(MODULE, arguments())
    result = run_module(MODULE, arguments(secret="brand-new-secret"))
    assert result["changed"] is True
    for secret in ("s3cr3t-value", "brand-new-secret"):
        assert secret not in result["printed"]


def test_bad_arguments_are_named(run_module: Run, tmp_path: Path) -> None:
    result = run_module(MODULE, {"name": "t", "files": [{"path": f"{tmp_path}/x", "state": "link"}]})
    assert result["failed"] is True
    assert "expected target" in result["msg"]
