"""The lab's own logs come to the control node whole, by a run that is killed and one that goes on."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import workspace
from workspace import LAB

HOST = "difusor11"
# Rotated, so nothing is appended to it; its lines are of now. More than two of the pieces that are asked for at a time.
BIG = "/var/log/apache2/prep_access.log-20220606-1654473600"
BIG_BYTES = 80_000_000
SINCE = (datetime.now(timezone.utc) - timedelta(days=1)).isoformat(timespec="seconds")
# What every diffuser of the lab has written since it was onboarded.
KINDS = {"access", "error", "modsecurity", "fail2ban", "rsync", "activator"}
COLLECT = ("prepctl", "collect-logs", "--since", SINCE, "--output", "logs/e2e")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a workspace on the lab with a key of its own; one diffuser has a big log."""
    top = tmp_path_factory.mktemp("logs") / "workspace"
    shutil.copytree(LAB, top, ignore=shutil.ignore_patterns("reports", "runs", "keys", "delivered", "stage"))
    made = workspace.run("prepctl", "report", "key", "--no-passphrase", cwd=top)
    assert made.rc == 0, made.text
    line = '198.51.100.7 - - [$(date -u +%d/%b/%Y:%H:%M:%S) +0000] "GET /e2e HTTP/1.1" 200 1 "-" "e2e"'
    workspace.must(HOST, f'line=$(cat <<EOT\n{line}\nEOT\n); yes "$line" | head -c {BIG_BYTES} > {BIG}')
    yield top
    workspace.must(HOST, f"rm -f {BIG}")


def collect(top: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Run it; return its exit code and each diffuser's line."""
    done = workspace.run(*COLLECT, "--json", *words, cwd=top)
    assert done.out.startswith("{"), done.text
    return done.rc, {one["name"]: one for one in json.loads(done.out)["diffusers"]}


def kill_in_the_middle(top: Path) -> None:
    """Start a run, and kill it with all that it started as soon as some of the big log is here."""
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    run = subprocess.Popen([*COLLECT, "--limit", HOST], cwd=top, **quiet)
    while not some_of_it(top):
        assert run.poll() is None, "it ended before any of the log came"
        time.sleep(0.01)
    for pid in reversed(family(run.pid)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    run.wait()


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    lines = workspace.run("ps", "-eo", "pid=,ppid=").out.splitlines()
    parents = {int(line.split()[0]): int(line.split()[1]) for line in lines}
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def some_of_it(top: Path) -> int:
    """Return how many bytes of the big log are here, not yet whole."""
    parts = (top / "logs/e2e" / HOST / "access").glob(f".{Path(BIG).name}.*.part")
    sizes = []
    for part in parts:
        with contextlib.suppress(FileNotFoundError):
            sizes.append(part.stat().st_size)
    return sum(sizes)


def state_of(host: str) -> str:
    """Return what the server's logs, and what Ansible could leave on it, are like."""
    # The activator's own files come and go with its work.
    logs = (
        "find /var/log/apache2 /srv/prep/state /var/log/fail2ban.log /var/log/rsyncd.log ~root/.ansible /tmp /var/tmp"
    )
    return workspace.on(
        host, f"{logs} -name '*activator*' -o -name lock -o -type f -printf '%p %i %m %u\\n' | sort"
    ).out


def test_a_killed_run_and_the_one_after_it(ready: Path) -> None:
    kill_in_the_middle(ready)
    came = some_of_it(ready)
    assert 0 < came < BIG_BYTES
    place = ready / "logs/e2e"
    assert not (place / "inventory.json").exists()

    before = {host: state_of(host) for host in workspace.DIFFUSERS}
    code, lines = collect(ready)
    assert code == 0, lines
    assert {host: state_of(host) for host in workspace.DIFFUSERS} == before
    # Behind the last byte that had come, not from its beginning.
    assert lines[HOST]["fetched_bytes"] <= lines[HOST]["bytes"] - came
    told = workspace.must(HOST, f"sha256sum < {BIG}").split()[0]
    with gzip.open(place / HOST / "access" / f"{Path(BIG).name}.gz") as stream:
        assert hashlib.sha256(stream.read()).hexdigest() == told
    for host in workspace.DIFFUSERS:
        assert {path.name for path in (place / host).iterdir() if path.is_dir()} == KINDS
    assert some_of_it(ready) == 0

    verified = workspace.run("prepctl", "collect-logs", "--verify", "logs/e2e", cwd=ready)
    assert verified.rc == 0, verified.text

    # Whole: it does not come again.
    code, lines = collect(ready, "--limit", HOST)
    assert code == 0
    assert lines[HOST]["fetched_bytes"] < BIG_BYTES / 10


def test_one_who_does_not_answer_holds_nobody_up(ready: Path) -> None:
    """The connection is refused, as of a server whose sshd is down."""
    inventory = ready / "diffusers.ini"
    text = inventory.read_text()
    inventory.write_text(text.replace("difusor12 ", "difusor12 ansible_port=9 "))
    try:
        code, lines = collect(ready)
    finally:
        inventory.write_text(text)
    assert code == 3
    assert {name: one["outcome"] for name, one in lines.items()} == {
        "difusor11": "complete", "difusor12": "unreachable", "difusor13": "complete"
    }  # fmt: skip
    # What had been collected of it stays, and stays proven.
    signed = json.loads((ready / "logs/e2e/inventory.json").read_text())
    assert all(one["files"] and one["zone"]["since"] for one in signed["diffusers"])
    assert workspace.run("prepctl", "collect-logs", "--verify", "logs/e2e", cwd=ready).rc == 0


def test_a_changed_host_key_is_refused(ready: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A connection of its own, and not the one that the tests before left open.
    monkeypatch.setenv("ANSIBLE_SSH_ARGS", "-o ControlMaster=no -o ControlPath=none")
    known = ready / ".lab/known_hosts"
    text = known.read_text()
    address = workspace.addresses()["difusor13"]
    other = [line for line in text.splitlines() if not line.startswith(address)]
    taken = [line.replace(workspace.addresses()["difusor12"], address) for line in other if "172" in line]
    known.write_text("\n".join([*other, *taken]) + "\n")
    try:
        code, lines = collect(ready, "--limit", "difusor13")
    finally:
        known.write_text(text)
    assert (code, lines["difusor13"]["outcome"]) == (3, "unreachable"), lines
    assert "host key" in lines["difusor13"]["reason"]
