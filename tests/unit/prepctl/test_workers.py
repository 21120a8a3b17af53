"""Diffusers shared out over workers: real ansible-runner processes, and one table, log, record and report."""

from __future__ import annotations

import json
import os
import queue
import re
import select
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from prepctl.errors import PrepctlError
from prepctl.workers import parcel, plan, stream

RUNNER = Path(sys.executable).parent / "ansible-runner"
# Where it runs, by the directory of its workspace, and what it was sent.
TELL = """
- name: Tell
  ansible.builtin.fail:
    msg: "{{ local_word }} {{ playbook_dir }}"
  when: false
- name: Leave a trace
  ansible.builtin.copy:
    dest: "{{ trace }}/{{ inventory_hostname }}"
    content: "{{ {'word': local_word, 'place': playbook_dir, 'hosts': ansible_play_hosts_all,
                  'files': query('ansible.builtin.fileglob', playbook_dir ~ '/*', playbook_dir ~ '/.*')
                           + query('ansible.builtin.fileglob', playbook_dir ~ '/keys/*')} | to_json }}"
    mode: "0600"
"""


@pytest.fixture
def shared(workspace: Path, playbook: Callable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of four local hosts with a vault, a key that signs, and what runs leave; returns where traces go."""
    trace = tmp_path_factory.mktemp("trace")
    line = f"ansible_connection=local ansible_python_interpreter={sys.executable}\n"
    (workspace / "diffusers.ini").write_text("[diffusers]\n" + "".join(f"{name} {line}" for name in "abcd"))
    (workspace / "ansible.cfg").write_text("[defaults]\nvault_password_file = .vault-password\n")
    (workspace / ".vault-password").write_text("opensesame\n")
    (workspace / "group_vars").mkdir()
    variables = workspace / "group_vars/diffusers.yml"
    variables.write_text(f"local_word: aardvark\ntrace: {trace}\n")
    vault = str(Path(sys.executable).parent / "ansible-vault")
    subprocess.run([vault, "encrypt", str(variables)], cwd=workspace, check=True, capture_output=True)
    for name in ("keys/report.key", "keys/cuts.pub", "runs/old/ansible.log", "reports/old/compliance.json"):
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text("not for the road")
    playbook(TELL)
    return trace


def test_each_worker_does_its_share_and_all_comes_back_as_one(
    prepctl: Callable, shared: Path, workspace: Path, private: Path
) -> None:
    result = prepctl("onboard", "--workers", "2", "--json")
    assert result.code == 0, result.stdout + result.stderr
    assert {one["name"]: (one["ok"], one["changed"]) for one in result.document["diffusers"]} == dict.fromkeys(
        "abcd", (1, 1)
    )
    traces = {path.name: json.loads(path.read_text()) for path in shared.iterdir()}
    assert {name: trace["hosts"] for name, trace in traces.items()} == {
        "a": ["a", "c"], "c": ["a", "c"], "b": ["b", "d"], "d": ["b", "d"],
    }  # fmt: skip
    # Each in a place of its own, which is gone, and with nothing that is this machine's alone.
    places = {trace["place"] for trace in traces.values()}
    assert len(places) == 2 and not any(Path(place).exists() for place in places)
    assert {trace["word"] for trace in traces.values()} == {"aardvark"}
    sent = {os.path.basename(name) for trace in traces.values() for name in trace["files"]}
    assert {"diffusers.ini", "ansible.cfg", "site.yml", "cuts.pub"} <= sent
    assert not sent & {"report.key", ".vault-password"}
    assert not list(private.iterdir())
    (run,) = [path for path in (workspace / "runs").iterdir() if path.name != "old"]
    assert sorted(path.name for path in run.iterdir()) == [
        "a.log", "ansible.log", "b.log", "c.log", "d.log", "outcome.json", "profile.json",
    ]  # fmt: skip
    assert json.loads((run / "outcome.json").read_text())["hosts"] == dict.fromkeys("abcd", "done")
    logs = "".join(path.read_text() for path in run.iterdir())
    assert "opensesame" not in logs and {stat.S_IMODE(path.stat().st_mode) for path in run.iterdir()} == {0o600}


def test_a_worker_that_is_lost_is_one_line_and_the_next_run_goes_on(
    prepctl: Callable, shared: Path, workspace: Path, private: Path
) -> None:
    workers = workspace / "workers.txt"
    workers.write_text("# three\nlocal\nno-such-transport node2 ansible-runner worker\n"
                       "sh -c 'echo no route to node3 >&2; exit 255'\n")  # fmt: skip
    result = prepctl("onboard", "--workers", "workers.txt")
    assert result.code == 4, result.stdout + result.stderr
    lines = [line for line in result.stdout.splitlines() if line.startswith("failed: ")]
    go_on = "put that right and go on with: prepctl onboard --limit @failed"
    assert lines == [
        f"failed: b: worker 2 (no-such-transport node2 ansible-runner worker) was lost: "
        f"no-such-transport: No such file or directory; {go_on}",
        f"failed: c: worker 3 (sh -c 'echo no route to node3 >&2; exit 255') was lost: "
        f"exit code 255: no route to node3; {go_on}",
    ]  # fmt: skip
    assert sorted(path.name for path in shared.iterdir()) == ["a", "d"]
    again = prepctl("onboard", "--limit", "@failed", "--workers", "5", "--json")
    assert again.code == 0, again.stdout
    assert [one["name"] for one in again.document["diffusers"]] == ["b", "c"]
    assert not list(private.iterdir())


def test_a_worker_that_dies_in_the_middle(
    prepctl: Callable, playbook: Callable, shared: Path, workspace: Path
) -> None:
    """What it had done is told; the hosts of the others are done."""
    playbook(
        "- name: Begin\n  ansible.builtin.debug:\n    msg: begun\n"
        "- name: Pull the plug\n  ansible.builtin.shell: kill -9 $(cat {{ trace }}/worker)\n"
        "  when: inventory_hostname == 'b' and (trace ~ '/worker') is exists\n"
    )
    (workspace / "workers.txt").write_text(f"local\nsh -c 'echo $$ > {shared}/worker; exec {RUNNER} worker'\n")
    result = prepctl("onboard", "--workers", "workers.txt", "--json")
    assert result.code == 4, result.stdout + result.stderr
    (error,) = result.document["errors"]
    assert error.startswith("b, d: worker 2 (sh -c ") and "was lost: signal 9" in error
    (run,) = [path for path in (workspace / "runs").iterdir() if path.name != "old"]
    hosts = json.loads((run / "outcome.json").read_text())["hosts"]
    assert hosts == {"a": "done", "b": "failed", "c": "done", "d": "failed"}
    assert "begun" in (run / "b.log").read_text()


def test_no_two_workers_are_sent_the_same_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """transmit writes arguments and a lock into what it sends. A mock of it says which directory it was given."""
    program, sent = tmp_path / "ansible-runner", tmp_path / "parcel"
    program.write_text(f'#!/bin/sh\n[ "$1" != transmit ] || echo "$2" >> {tmp_path}/given\n')
    program.chmod(0o755)
    (sent / "env").mkdir(parents=True)
    (sent / "env/envvars").write_text("{}")
    monkeypatch.setattr(stream, "_program", lambda: str(program))
    monkeypatch.setattr(stream, "_arguments", lambda request, hosts: hosts)
    request = SimpleNamespace(workspace=SimpleNamespace(playbook=lambda verb: f"{verb}.yml"), verb="site")
    ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for number in (1, 2):
        one = plan.Worker(number, [], ["a"])
        stream.Stream(one, request, sent, tmp_path / f"worker-{number}", ended.put)
        assert ended.get(timeout=60) is None
    given = (tmp_path / "given").read_text().split()
    assert len(set(given)) == 2 and str(sent) not in given
    assert [(Path(one) / "env/envvars").read_text() for one in given] == ["{}", "{}"]


def runs(process: int) -> bool:
    """Whether a process still does something: one that ended has no command line until its parent asked for it."""
    try:
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_stopped_in_the_middle_all_workers_end(
    playbook: Callable, shared: Path, workspace: Path, private: Path
) -> None:
    os.mkfifo(workspace / "begun")
    playbook(f"- name: Wait\n  ansible.builtin.shell: echo $$ > {workspace}/begun; sleep 60\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "prepctl", "onboard", "--workers", "2"], cwd=workspace, stdout=subprocess.PIPE, text=True
    )
    # Open at both ends: it never ends, and a run that does not come so far is no reason to wait for ever.
    begun = os.open(workspace / "begun", os.O_RDWR)
    told = b""
    while told.count(b"\n") < 4 and select.select([begun], [], [], 60)[0]:
        told += os.read(begun, 4096)
    os.close(begun)
    tasks = [int(line) for line in told.split()]
    assert len(tasks) == 4, process.communicate()[0]
    process.send_signal(signal.SIGTERM)
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 4, output
    assert "the run was canceled" in output and "go on with: prepctl onboard --limit @failed" in output
    assert not list(private.iterdir())
    assert not [task for task in tasks if runs(task)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("0", "--workers: expected 1 to 64, got 0"),
        ("no-such-file", "--workers: expected a number or a file with a command a line, got no-such-file: "
                         "No such file or directory"),
        ("empty", "empty: expected the commands of 1 to 64 workers, found 0"),
        ("quote", "quote: line 2: expected a worker's command: No closing quotation"),
    ],
)  # fmt: skip
def test_mistakes(given: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").write_text("# nobody\n\n")
    Path("quote").write_text("local\nssh 'node2\n")
    with pytest.raises(PrepctlError, match=re.escape(said)):
        plan.read(given)


def test_shares_differ_by_one_at_most() -> None:
    shared = plan.share(plan.read("3"), ["a", "b", "c", "d"])
    assert [worker.hosts for worker in shared] == [["a", "d"], ["b"], ["c"]]
    assert len(plan.share(plan.read("3"), ["a"])) == 1


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="no ssh-keygen")
def test_one_key_from_elsewhere_goes_to_the_agent_and_no_other(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    for name, passphrase in (("one", ""), ("two", ""), ("shut", "secret")):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", tmp_path / name], check=True)
    one, two, shut = (str(tmp_path / name) for name in ("one", "two", "shut"))
    inside = str(workspace / "own")
    assert parcel._key({}, workspace) is None
    assert parcel._key({one: ["a"], inside: ["b"]}, workspace) == (tmp_path / "one").read_bytes()
    with pytest.raises(PrepctlError, match="expected one key for all hosts"):
        parcel._key({one: ["a"], two: ["b"]}, workspace)
    with pytest.raises(PrepctlError, match="expected a key without a passphrase"):
        parcel._key({shut: ["a"]}, workspace)


def test_what_does_not_travel(tmp_path: Path) -> None:
    stays = [
        "keys/report.key", "keys/0123456789abcdef.key", "runs", "reports", ".git", ".standing", ".prepctl.lock", "logs",
    ]  # fmt: skip
    goes = ["keys/report.pub", "tls/mirror.key", "host_vars/logs", "calls", ".lab", "known_hosts"]
    assert [name for name in stays + goes if parcel._stays(Path(name))] == stays
