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


def test_loads_anew_what_is_named_although_nothing_has_to_be_written(
    run_module: Run, arguments: Any, tmp_path: Path
) -> None:
    run_module(MODULE, arguments())
    assert run_module(MODULE, arguments(anew=["another"]))["changed"] is False
    said = run_module(MODULE, arguments(anew=["test"]), check=True)
    assert said["changed"] is True and loads(tmp_path) == 1
    done = run_module(MODULE, arguments(anew=["another", "test"]))
    assert done["changed"] is True and done["loaded_anew"] == ["test"] and done["changed_paths"] == []
    assert loads(tmp_path) == 2
    # What is written is loaded once all the same.
    assert run_module(MODULE, arguments("good again\n", anew=["test"]))["loaded_anew"] == []
    assert loads(tmp_path) == 3
    refused = run_module(MODULE, arguments("good again\n", anew=["test"], apply=[["sh", "-c", "echo no >&2; false"]]))
    assert refused["failed"] is True and "no" in refused["msg"] and refused["restored"] is False
    empty = {"transactions": [{"name": "empty", "files": []}], "anew": ["empty"], "state_dir": str(tmp_path)}
    assert run_module(MODULE, empty)["changed"] is False


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


def test_where_the_time_of_reading_is_told_the_former_is_read_anew(
    run_module: Run, arguments: Any, tmp_path: Path
) -> None:
    run_module(MODULE, arguments())
    result = run_module(MODULE, arguments("bad\n", reload_former=True))
    assert result["failed"] is True and "nothing was changed" in result["msg"]
    assert (tmp_path / "etc/conf.d/a").read_text() == "good\n"
    assert loads(tmp_path) == 2


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


def test_a_file_keeps_the_time_that_was_given(run_module: Run, arguments: Any, tmp_path: Path) -> None:
    page = tmp_path / "etc/conf.d/a"
    run_module(MODULE, arguments())
    dated = arguments()
    dated["files"][1]["mtime"] = 1640995200

    assert run_module(MODULE, dated, check=True)["changed_paths"] == [str(page)]
    assert run_module(MODULE, dated)["changed_paths"] == [str(page)]
    assert page.stat().st_mtime == 1640995200
    assert run_module(MODULE, dated)["changed"] is False

    os.utime(page, (1700000000, 1700000000))
    broken = arguments(validate=[["false"]])
    broken["files"][1]["mtime"] = 1640995200
    assert run_module(MODULE, broken)["failed"] is True
    assert page.stat().st_mtime == 1700000000


def test_an_exclusive_directory_leaves_alone_what_it_is_told_to_keep(
    run_module: Run, arguments: Any, tmp_path: Path
) -> None:
    run_module(MODULE, arguments())
    for name in ("reqtimeout.load", "php7.4.load", "php7.4.conf"):
        (tmp_path / "etc/conf.d" / name).symlink_to("/nowhere")
    keeping = arguments()
    keeping["files"][0].update(exclusive=True, keep=["reqtimeout.*", "never-there.*"])

    run_module(MODULE, keeping)

    assert sorted(os.listdir(tmp_path / "etc/conf.d")) == ["a", "reqtimeout.load"]
    assert run_module(MODULE, keeping)["changed"] is False


def test_no_secret_is_shown(run_module: Run, run_by_ansible: Run, arguments: Any) -> None:
    """Neither by the module nor by Ansible, which brings it to a server here as it does elsewhere."""
    before = "s3cr3t-value"
    run_module(MODULE, arguments())
    for run, secret in ((run_module, "brand-new-secret"), (run_by_ansible, "another-new-secret")):
        result = run(MODULE, arguments(secret=secret))
        assert result["changed"] is True
        for one in (before, secret):
            assert one not in result["printed"]
        before = secret
    assert run_by_ansible(MODULE, arguments(secret=before), check=True)["changed"] is False


def test_bad_arguments_are_named(run_module: Run, tmp_path: Path) -> None:
    result = run_module(MODULE, {"name": "t", "files": [{"path": f"{tmp_path}/x", "state": "link"}]})
    assert result["failed"] is True
    assert "expected target" in result["msg"]


def test_an_answer_that_is_not_the_expected_one_puts_everything_back(
    run_module: Run, arguments: Any, tmp_path: Path
) -> None:
    question = {"command": ["cat", f"{tmp_path}/etc/conf.d/a"], "lines": ["good"]}
    assert run_module(MODULE, arguments(expect=[question]))["changed"] is True

    other = {**question, "lines": ["good", "port   22"]}
    result = run_module(MODULE, arguments("good\nport 2222\n", expect=[other]))

    assert result["failed"] is True
    assert 'expected "port   22", got "port 2222"' in result["msg"]
    assert (tmp_path / "etc/conf.d/a").read_text() == "good\n"
    assert loads(tmp_path) == 1
    assert run_module(MODULE, arguments("good\nport 22\n", expect=[other]))["changed"] is True


def test_what_overrules_from_outside_is_found_without_a_change(run_module: Run, arguments: Any, tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    beside.write_text("closed\n")
    question = {"command": ["cat", str(beside)], "lines": ["closed"]}
    run_module(MODULE, arguments(expect=[question]))
    assert run_module(MODULE, arguments(expect=[question]))["changed"] is False

    beside.write_text("open\n")
    # While something would change, check mode can't know the answer.
    assert not run_module(MODULE, arguments("good\nmore\n", expect=[question]), check=True).get("failed")
    for check in (False, True):
        result = run_module(MODULE, arguments(expect=[question]), check=check)
        assert result["failed"] is True
        assert "something else overrules it" in result["msg"] and "nothing like it" in result["msg"]


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for systemctl, whose units are files: it starts one unless NAME.broken is there."""
    units = tmp_path / "units"
    units.mkdir()
    program = tmp_path / "bin/systemctl"
    program.parent.mkdir()
    program.write_text(
        f"""#!/bin/sh
cd {units} || exit 1
case $1 in
show)
    loaded=loaded active=inactive file=disabled
    [ -e "$3" ] || loaded=not-found file=
    [ ! -e "$3.start" ] || active=active
    [ ! -e "$3.enable" ] || file=enabled
    printf 'LoadState=%s\\nActiveState=%s\\nUnitFileState=%s\\n' $loaded $active $file ;;
*)
    [ ! -e "$2.broken" ] || {{ echo "Job for $2 failed" >&2; exit 1; }}
    : > "$2.$1" ;;
esac
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    (units / "web").touch()
    return units


def test_units_run_now_and_after_a_reboot(run_module: Run, arguments: Any, systemctl: Path) -> None:
    wanted = arguments(units=["web"])
    first = run_module(MODULE, wanted, check=True)
    assert (first["changed"], first["started_units"]) == (True, ["web"])
    assert not (systemctl / "web.start").exists()
    run_module(MODULE, wanted)
    assert (systemctl / "web.start").exists() and (systemctl / "web.enable").exists()
    assert run_module(MODULE, wanted)["changed"] is False

    (systemctl / "web.start").unlink()
    stopped = run_module(MODULE, wanted)
    assert (stopped["changed"], stopped["changed_paths"], stopped["started_units"]) == (True, [], ["web"])
    assert (systemctl / "web.start").exists()


def test_a_unit_that_does_not_start_takes_its_files_back(
    run_module: Run, arguments: Any, systemctl: Path, tmp_path: Path
) -> None:
    (systemctl / "web.broken").touch()
    result = run_module(MODULE, arguments(units=["web"]))
    assert result["failed"] is True
    assert "Job for web failed" in result["msg"]
    assert not (tmp_path / "etc/conf.d/a").exists()


def test_several_in_one_trip_are_a_whole_each(run_module: Run, tmp_path: Path) -> None:
    def one(name: str, text: str = "good\n") -> dict[str, Any]:
        path = f"{tmp_path}/{name}"
        return {
            "name": name, "files": [{"path": path, "content": text}], "validate": [["grep", "-q", "good", path]],
            "apply": [["sh", "-c", f"echo {name} >> {tmp_path}/loaded"]],
        }  # fmt: skip

    def run(*transactions: dict[str, Any]) -> dict[str, Any]:
        return run_module(MODULE, {"transactions": list(transactions), "state_dir": str(tmp_path / "state")})

    result = run(one("first"), one("second", "bad\n"), one("third"))
    assert result["failed"] is True and result["msg"].startswith("second: nothing was changed: ")
    # What was complete before it stays, and is said.
    assert result["changed"] is True
    assert [(tmp_path / name).exists() for name in ("first", "second", "third")] == [True, False, False]

    result = run(one("first"), one("second"), one("third"))
    assert result["changed_paths"] == [f"{tmp_path}/second", f"{tmp_path}/third"]
    assert (tmp_path / "loaded").read_text().split() == ["first", "second", "third"]
    assert run(one("first"), one("second"), one("third"))["changed"] is False
    assert not list((tmp_path / "state/transactions").iterdir())


def test_one_or_several_but_not_both(run_module: Run, arguments: Any) -> None:
    both = dict(arguments(), transactions=[])
    assert "mutually exclusive" in run_module(MODULE, both)["msg"]
    assert "one of the following is required" in run_module(MODULE, {})["msg"]
