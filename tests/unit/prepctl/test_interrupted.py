"""Ctrl-C, SIGTERM and a closed terminal in the middle of each long verb: it ends in order, and the same command works.

Onboarding is in test_going_on.py, over workers in test_workers.py, `init` in test_enrol.py.
"""

from __future__ import annotations

import gzip
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.iepc.prep.plugins.plugin_utils.call_files import COLLECTION
from fake_mirror import FakeMirror
from loopback import wait_until

from prepctl.incidents import Incidents
from prepctl.processes import descendants
from prepctl.publish.keys import KeyRing

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LINE = '189.1.2.3 - - [05/Jun/2022:20:10:00 -0500] "GET / HTTP/1.1" 200 1000 "-" "Mozilla/5.0"\n'
# rsync as far as a push sees it: while "slow" is there it tells its number and waits; else the mirror has the cut.
RSYNC = """#!/bin/sh
if [ -e {here}/slow ]; then echo $$ > {here}/begun; exec sleep 60; fi
exec {python} {here}/bin/deliver.py "$@"
"""
DELIVER = """import json, shutil, sys
from pathlib import Path
stage, mirror = Path(sys.argv[-2]), Path({mirror!r})
shutil.copytree(stage, mirror, dirs_exist_ok=True)
cut = json.loads((stage / "prep-manifest.json").read_text())["cut"]
serial = json.loads((mirror / "status.json").read_text())["serial"] + 1
(mirror / "status.json").write_text(json.dumps({{"state": "cut", "cut": cut, "serial": serial, "last_refusal": None}}))
"""
WAITING = """
- name: Wait
  ansible.builtin.shell: echo $$ > {here}/begun; sleep 60
  when: ('{here}/slow') is exists
"""
COLLECTING = """
- name: Collect
  iepc.prep.collect_logs:
    dest: "{{ prep_logs_dest }}/{{ inventory_hostname }}"
    window_since: "{{ prep_logs_since | int }}"
    window_until: "{{ prep_logs_until | int }}"
    apache_directories: ["{{ inventory_dir }}/none"]
    rsync_logs: []
    publication_root: /nonexistent
"""


class Begun:
    """The pipe through which what runs tells its number, and so that the verb is in the middle."""

    def __init__(self, here: Path) -> None:
        self.slow = here / "slow"
        self.slow.touch()
        os.mkfifo(here / "begun")
        self._pipe = os.open(here / "begun", os.O_RDWR)

    def wait(self, process: subprocess.Popen[str]) -> int:
        """The number of what is in the middle."""
        if not select.select([self._pipe], [], [], 60)[0]:
            process.kill()
            raise AssertionError(process.communicate())
        return int(os.read(self._pipe, 100).split()[0])

    def close(self) -> None:
        os.close(self._pipe)


@pytest.fixture
def begun(workspace: Path) -> Iterator[Begun]:
    made = Begun(workspace)
    yield made
    made.close()


@pytest.fixture
def start(workspace: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start prepctl as from a terminal of its own."""

    def call(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "prepctl", *arguments], cwd=workspace, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
            env={**os.environ, "PATH": f"{workspace}/bin{os.pathsep}{os.environ['PATH']}"},
        )  # fmt: skip

    return call


def ends(process: subprocess.Popen[str], number: signal.Signals, code: int = 4) -> str:
    """Send the signal; it ends soon, with that code, and without a traceback."""
    process.send_signal(number)
    try:
        out, complaints = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == code, (number, out, complaints)
    assert "Traceback" not in out + complaints
    return out + complaints


def is_gone(process: int) -> bool:
    try:
        return Path("/proc", str(process), "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


@pytest.fixture
def mirror(workspace: Path) -> Iterator[FakeMirror]:
    """A workspace with one mirror, and a stand-in for rsync."""
    made = FakeMirror(workspace / "mirror")
    call = yaml.safe_load((COLLECTION / "calls/dgo_2022.yml").read_text())
    call["services"] |= {"http": made.port, "https": 1}
    call["ports"]["public"] = [made.port, 1]
    (workspace / "calls").mkdir()
    (workspace / "calls/mine.yml").write_text(yaml.safe_dump(call, allow_unicode=True))
    (workspace / "diffusers.ini").write_text(
        "[diffusers]\nuno ansible_host=127.0.0.1 ansible_connection=local "
        f"ansible_python_interpreter={sys.executable}\n"
    )
    (workspace / "group_vars").mkdir()
    (workspace / "group_vars/diffusers.yml").write_text(
        "prep_call: calls/mine.yml\nprep_rsync_secret: secreto\n"
        "prep_drills: [{opens: '2022-01-01 00:00', closes: '2036-01-01 00:00'}]\n"
    )
    (workspace / "bin").mkdir()
    (workspace / "bin/rsync").write_text(RSYNC.format(here=workspace, python=sys.executable))
    (workspace / "bin/rsync").chmod(0o755)
    (workspace / "bin/deliver.py").write_text(DELIVER.format(mirror=str(made.directory)))
    KeyRing(workspace).create(None)
    site = workspace / "cortes/2015"
    site.mkdir(parents=True)
    (site / "index.html").write_text("<p>Último corte</p> 05 de junio de 2022, 20:15 h UTC-5")
    yield made
    made.close()


@pytest.mark.parametrize("command", [("publish", "cortes/2015"), ("drill", "cortes", "--every", "0")])
def test_publishing(
    command: tuple[str, ...], mirror: FakeMirror, begun: Begun, start: Callable, workspace: Path
) -> None:
    for number in SIGNALS:
        process = start(*command)
        rsync = begun.wait(process)
        assert "prepctl: cancelled; run the same command again" in ends(process, number)
        assert is_gone(rsync)
        assert not list((workspace / "publication/stage").glob(".new-*"))
    begun.slow.unlink()
    process = start(*command)
    out, complaints = process.communicate(timeout=60)
    assert process.returncode == 0, out + complaints
    assert "1 of 1 mirrors" in out


def test_watching(mirror: FakeMirror, begun: Begun, start: Callable, workspace: Path, private: Path) -> None:
    """What is open stays so; asking the servers, which is a run in a thread, ends with it."""
    mirror.answers["/status.json"] = 500
    play = "- hosts: diffusers\n  gather_facts: false\n  tasks:\n"
    tasks = WAITING.format(here=workspace).strip().splitlines()
    (workspace / "intrusions.yml").write_text(play + "".join(f"    {line}\n" for line in tasks))
    for number in SIGNALS:
        process = start("watch", "--every", "0.2")
        task = begun.wait(process)
        if number == SIGNALS[0]:
            assert "opened: uno: " in process.stdout.readline()
        ends(process, number, code=0)
        assert is_gone(task) and not list(private.iterdir())
    assert not list((workspace / "publication/watch").glob(".*"))
    (incident,) = Incidents(workspace / "publication").all()
    assert incident.closed is None
    process = start("watch", "--once", "--json", "--no-intrusions")
    document = json.loads(process.communicate(timeout=60)[0])
    assert [one["opened"] for one in document["incidents"]] == [incident.opened]


@pytest.mark.parametrize(
    ("number", "command", "name"),
    [(signal.SIGINT, "check", "check.yml"), (signal.SIGHUP, "collect-logs", "collect_logs.yml"),
     (signal.SIGTERM, "collect-logs", "collect_logs.yml")],
)  # fmt: skip
def test_reading_from_the_servers(
    number: signal.Signals, command: str, name: str, begun: Begun, start: Callable, prepctl: Callable,
    playbook: Callable, workspace: Path, private: Path,
) -> None:  # fmt: skip
    (workspace / "group_vars").mkdir()
    (workspace / "group_vars/all.yml").write_text("prep_call: dgo_2022\nprep_rsync_secret: unused\n")
    playbook(WAITING.format(here=workspace) + (COLLECTING if command == "collect-logs" else ""), name=name)
    assert prepctl("report", "key", "--no-passphrase").code == 0
    process = start(command, "--limit", "uno")
    task = begun.wait(process)
    said = ends(process, number)
    assert "canceled" in said
    assert is_gone(task) and not list(private.iterdir())
    begun.slow.unlink()
    again = prepctl(command, "--limit", "uno")
    assert again.code == 0, again.stdout + again.stderr


def test_the_memory(
    workspace: Path, start: Callable, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that never ends keeps one of its processes in the middle."""
    temporary = tmp_path_factory.mktemp("tmp")
    monkeypatch.setenv("TMPDIR", str(temporary))
    (workspace / "dos.gz").write_bytes(gzip.compress(LINE.encode() * 100))
    command = ("memoria", "uno=endless", "dos=dos.gz", "--call", "dgo_2022", "--format", "csv", "--jobs", "2")
    for number in SIGNALS:
        os.mkfifo(workspace / "endless")
        pipe = os.open(workspace / "endless", os.O_RDWR)
        os.write(pipe, LINE.encode() * 300)
        process = start(*command)
        wait_until(lambda process=process: len(descendants(process.pid)) == 2, "no processes that read", 60)
        readers = list(descendants(process.pid))
        assert "prepctl: cancelled; run the same command again" in ends(process, number)
        assert all(map(is_gone, readers)) and not list(temporary.iterdir())
        os.close(pipe)
        (workspace / "endless").unlink()
    (workspace / "endless").write_text(LINE * 100)
    process = start(*command)
    out, complaints = process.communicate(timeout=60)
    assert process.returncode == 0, out + complaints
