"""A run that failed or was stopped, what is kept of it, and the run that goes on from there."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from prepctl import private_directory, resumption
from prepctl.errors import PrepctlError
from prepctl.resumption import Record

TASKS = """
- name: Write
  ansible.builtin.copy:
    dest: "{{ playbook_dir }}/written-{{ inventory_hostname }}"
    content: "uno\\ndos\\n"
    mode: "0644"
- name: Break
  ansible.builtin.fail:
    msg: "no\\e[31m more"
  when: inventory_hostname == 'dos' and not (playbook_dir ~ '/mended') is exists
"""


def logs(workspace: Path, name: str) -> list[str]:
    """The text of a log in each run, the oldest first."""
    return [path.read_text() for path in sorted(workspace.glob(f"runs/*/{name}"))]


def test_a_dry_run_shows_the_differences_and_the_next_goes_on_with_who_failed(
    prepctl: Callable, playbook: Callable, workspace: Path
) -> None:
    playbook(TASKS)
    dry = prepctl("onboard", "--dry-run", "-l", "uno")
    assert dry.code == 0, dry.stdout + dry.stderr
    assert [line for line in dry.stdout.splitlines() if line.startswith(("uno  ", "    +"))][:4] == [
        "uno  Write", f"    +++ after: {workspace}/written-uno", "    +uno", "    +dos",
    ]  # fmt: skip
    assert not list(workspace.glob("written-*"))

    first = prepctl("onboard", "--events")
    assert first.code == 4
    events = [json.loads(line) for line in first.stdout.splitlines()]
    assert {"event": "ok", "host": "uno", "role": "", "task": "Write", "changed": True}.items() <= events[2].items() | (
        events[3].items()
    )
    assert [one["host"] for one in events if one["event"] == "failed"] == ["dos"]
    assert events[-1]["event"] == "outcome" and events[-1]["exit_code"] == 4
    assert "fatal: [dos]" in logs(workspace, "dos.log")[-1] and "[dos]" not in logs(workspace, "uno.log")[-1]
    assert "\x1b" not in logs(workspace, "dos.log")[-1] + logs(workspace, "ansible.log")[-1]

    (workspace / "mended").touch()
    second = prepctl("onboard", "--limit", "@failed", "--json")
    assert second.code == 0, second.stdout
    assert [one["name"] for one in second.document["diffusers"]] == ["dos"]
    with pytest.raises(PrepctlError, match="nothing to do"):
        resumption.failed(workspace / "runs")


@pytest.mark.parametrize("how", ["SIGTERM", "closed terminal"])
def test_stopped_in_the_middle_it_ends_in_order(how: str, playbook: Callable, workspace: Path, private: Path) -> None:
    """Nothing temporary stays, and the hosts that were not finished are known."""
    os.mkfifo(workspace / "begun")
    playbook(
        "- name: Tell that it has begun, and wait\n  ansible.builtin.shell: echo $$ > begun; sleep 60\n"
        "  args:\n    chdir: '{{ playbook_dir }}'\n"
    )
    near, far = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "prepctl", "onboard", "-l", "uno"], cwd=workspace, stdin=far, stdout=far, stderr=far,
        start_new_session=True,
        # What it starts with is a terminal of its own, as in a window.
        preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(far)
    with open(workspace / "begun") as begun:
        task = int(begun.readline())
    if how == "SIGTERM":
        process.send_signal(signal.SIGTERM)
    os.close(near)
    assert process.wait(timeout=60) == 4
    assert not list(private.iterdir())
    (record,) = workspace.glob("runs/*/outcome.json")
    kept = json.loads(record.read_text())
    assert kept["status"] in ("canceled", "running"), kept
    if kept["status"] == "canceled":
        assert kept["hosts"] == {"uno": "unfinished"}
    # Nothing goes on behind the back of whoever stopped it: neither workers, nor what they had begun here.
    assert not playing(workspace)
    assert not running(task)


def running(process: int) -> bool:
    """Whether a process is there, and not only waiting to be buried."""
    try:
        state = Path("/proc", str(process), "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def playing(workspace: Path) -> list[str]:
    """The processes of ansible-playbook in a workspace."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            if "ansible-playbook" in command and os.readlink(process / "cwd") == str(workspace):
                found.append(command)
        except OSError:
            continue
    return found


def record(runs: Path, name: str, **what: object) -> None:
    (runs / name).mkdir(parents=True)
    Record("onboard", **what).write(runs / name)  # type: ignore[arg-type]


def test_who_failed_is_known_over_several_runs(tmp_path: Path) -> None:
    with pytest.raises(PrepctlError, match="expected a former onboarding"):
        resumption.failed(tmp_path)
    record(tmp_path, "1", status="failed", hosts={"a": "done", "b": "failed", "c": "unreachable"})
    assert resumption.failed(tmp_path) == ["b", "c"]
    record(tmp_path, "2", status="successful", limited=True, hosts={"b": "done"})
    assert resumption.failed(tmp_path) == ["c"]
    record(tmp_path, "3", status="successful", check=True, hosts={"a": "failed"})
    assert resumption.failed(tmp_path) == ["c"]
    record(tmp_path, "4")
    with pytest.raises(PrepctlError, match="4 was killed"):
        resumption.failed(tmp_path)
    record(tmp_path, "5", status="successful", hosts={"a": "done", "b": "done", "c": "done"})
    with pytest.raises(PrepctlError, match="nothing to do"):
        resumption.failed(tmp_path)


def test_what_a_killed_run_held_goes_with_the_next(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """But not what one that lives holds."""
    monkeypatch.setattr(private_directory, "FRESH_S", 0)
    code = (
        "import signal, os; from prepctl import private_directory\n"
        "with private_directory.private_directory() as one:\n    (one / 'passwords').touch()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGKILL
    (dead,) = private.iterdir()
    with private_directory.private_directory() as alive:
        assert list(private.iterdir()) == [alive] and dead != alive
        with private_directory.private_directory() as other:
            assert alive.is_dir() and other.is_dir()
    assert not list(private.iterdir())
