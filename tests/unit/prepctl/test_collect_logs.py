"""collect-logs: the real playbook over local servers, the signed inventory, and what tells an altered one."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prepctl.cli import main
from prepctl.errors import PrepctlError
from prepctl.incidents import Incidents
from prepctl.logs import window

# 2022-06-05 20:00 in the call's zone, which is five hours behind UTC then.
OPENING = 1654477200
TEXT = '198.51.100.1 - - [06/Jun/2022:01:00:01 +0000] "GET / HTTP/1.1" 200 2500 "-" "Mozilla/5.0"\n' * 1000
VARIABLES = "prep_call: dgo_2022\nprep_rsync_secret: unused\n"
INVENTORY = """[diffusers]
uno ansible_connection=local ansible_python_interpreter={python}
dos ansible_connection=local ansible_python_interpreter={python}
tres ansible_host=127.0.0.1 ansible_port=1
"""
PLAYBOOK = """- hosts: diffusers
  gather_facts: false
  tasks:
    - iepc.prep.collect_logs:
        dest: "{{ prep_logs_dest }}/{{ inventory_hostname }}"
        window_since: "{{ prep_logs_since | int }}"
        window_until: "{{ prep_logs_until | int }}"
        apache_directories: ["{{ inventory_dir }}/server/{{ inventory_hostname }}"]
        rsync_logs: ["{{ inventory_dir }}/server/{{ inventory_hostname }}/rsyncd.log"]
        publication_root: "{{ inventory_dir }}/server/{{ inventory_hostname }}"
        max_file: "{{ prep_logs_max_file }}"
        max_server: "{{ prep_logs_max_server }}"
"""
Run = Callable[..., Any]


@pytest.fixture
def ready(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two servers on this machine, one that does not answer, a key, and an incident of the window."""
    (workspace / "diffusers.ini").write_text(INVENTORY.format(python=sys.executable))
    (workspace / "group_vars").mkdir()
    (workspace / "group_vars/all.yml").write_text(VARIABLES)
    (workspace / "collect_logs.yml").write_text(PLAYBOOK)
    for name in ("uno", "dos"):
        place = workspace / "server" / name
        place.mkdir(parents=True)
        (place / "prep_access.log").write_text(TEXT)
        (place / "prep_access.log.1.gz").write_bytes(gzip.compress((TEXT + name + "\n").encode()))
        (place / "prep_error.log").write_text("[Sun May 01 00:00:00.5 2022] [core:notice] AH00094\n")
        os.utime(place / "prep_error.log", (OPENING - 3600 * 24 * 30,) * 2)
    incidents = Incidents(workspace / "publication")
    incidents.open("uno", "down", "sin respuesta", {}, now=OPENING + 60)
    incidents.close("uno", "down", now=OPENING + 120)
    incidents.open("uno", "stale", "después", {}, now=OPENING + 3600 * 24 * 30)
    # No journal of the machine that the tests run on.
    programs = workspace / "bin"
    programs.mkdir()
    (programs / "journalctl").write_text("#!/bin/sh\n")
    (programs / "journalctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return workspace


def test_what_every_server_has_signed_and_who_did_not_answer(ready: Path, prepctl: Run) -> None:
    assert prepctl("report", "key", "--no-passphrase").code == 0
    done = prepctl("collect-logs", "--json")
    assert done.code == 3, done.stdout + done.stderr
    document = done.document
    assert [(one["name"], one["outcome"], one["fetched_files"]) for one in document["diffusers"]] == [
        ("uno", "complete", 2), ("dos", "complete", 2), ("tres", "unreachable", 0)
    ]  # fmt: skip
    assert document["window"]["opens"] == "2022-06-05T00:00:00-05:00"
    assert document["window"]["closes"] == "2022-06-12T23:59:59-05:00"
    logs = ready / "logs/dgo_2022"
    assert gzip.decompress((logs / "dos/access/prep_access.log.gz").read_bytes()).decode() == TEXT
    assert not (logs / "dos/error").exists()
    lines = gzip.decompress((logs / "watch/incidents.jsonl.gz").read_bytes()).splitlines()
    assert [json.loads(line)["detail"] for line in lines] == ["sin respuesta"]
    assert "198.51.100.1" not in "".join(path.read_text() for path in (ready / "runs").glob("*/ansible.log"))

    verified = verify(ready, logs)
    assert (verified["problems"], verified["files"]) == ([], 8)
    openssl = ["openssl", "dgst", "-sha256", "-verify", "keys/report.pub", "-signature", logs / "inventory.json.sig"]
    assert subprocess.run([*openssl, logs / "inventory.json"], cwd=ready, capture_output=True).returncode == 0

    (log,) = (ready / "runs").glob("*-collect_logs-*/ansible.log")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600

    # What is whole is not fetched again; who answers by now is.
    text = (ready / "diffusers.ini").read_text()
    local = f"tres ansible_connection=local ansible_python_interpreter={sys.executable}"
    (ready / "diffusers.ini").write_text(text.replace("tres ansible_host=127.0.0.1 ansible_port=1", local))
    shutil.copytree(ready / "server/uno", ready / "server/tres")
    again = prepctl("collect-logs", "--json", "--limit", "uno,tres")
    assert again.code == 0, again.stdout + again.stderr
    assert [(one["name"], one["fetched_files"]) for one in again.document["diffusers"]] == [("uno", 0), ("tres", 2)]
    signed = json.loads((logs / "inventory.json").read_text())
    assert [(one["name"], one["outcome"], len(one["files"])) for one in signed["diffusers"]] == [
        ("uno", "complete", 2), ("dos", "complete", 2), ("tres", "complete", 2)
    ]  # fmt: skip
    tamper(ready, logs)


def verify(workspace: Path, logs: Path) -> dict[str, Any]:
    """What `--verify --json` says, in this process."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told), pytest.raises(SystemExit) as ended:
        main(["collect-logs", "--verify", str(logs), "--json", "-w", str(workspace)])
    document: dict[str, Any] = json.loads(told.getvalue())
    assert ended.value.code == (2 if document["problems"] else 0)
    assert document["valid"] is not bool(document["problems"])
    return document


def tamper(workspace: Path, logs: Path) -> None:
    """Each thing that can be done to what was collected is told, by name."""

    def problems() -> list[str]:
        return list(verify(workspace, logs)["problems"])

    assert problems() == []
    one, other = logs / "uno/access/prep_access.log.gz", logs / "dos/access/prep_access.log.gz"
    whole = one.read_bytes()
    one.write_bytes(whole[:-1] + b"\1")
    other.rename(logs / "dos/access/other.gz")
    assert problems() == [
        "dos/access/prep_access.log.gz: missing", "uno/access/prep_access.log.gz: altered",
        "dos/access/other.gz: added, it is not in the inventory",
    ]  # fmt: skip
    one.write_bytes(whole)
    (logs / "dos/access/other.gz").rename(other)
    signed = (logs / "inventory.json").read_bytes()
    (logs / "inventory.json").write_bytes(signed.replace(b"dgo_2022", b"dgo_2023"))
    assert problems() == ["inventory.json: the signature is not valid for this key: nothing that it says is proven"]


def test_a_server_with_more_than_it_may_take(ready: Path, prepctl: Run) -> None:
    assert prepctl("report", "key", "--no-passphrase").code == 0
    (ready / "server/dos/evil_access.log").write_bytes(b"x" * (1 << 20) + b"\n")
    done = prepctl("collect-logs", "--limit", "uno,dos", "--max-file-mb", "1")
    assert done.code == 4
    assert "uno                  complete" in done.stdout
    assert "dos                  incomplete" in done.stdout
    assert "evil_access.log: it has 1048577 bytes, more than the 1048576 allowed" in done.stdout


def test_bad_inputs_in_one_line_before_any_server_is_asked(ready: Path, prepctl: Run) -> None:
    assert "keys/report.key: expected a private key" in prepctl("collect-logs").stderr
    assert prepctl("report", "key", "--no-passphrase").code == 0
    for words, said in (
        (["--since", "2022-06-05", "--until", "2022-06-04"], "--until: expected a time after"),
        (["--output", "diffusers.ini"], "expected a directory, found a file"),
        (["--verify", "logs"], "expected a signed inventory of logs"),
    ):
        done = prepctl("collect-logs", *words)
        assert done.code == 1, words
        assert said in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert not (ready / "runs").exists()
    (ready / "diffusers.ini").write_text("[diffusers]\nwatch ansible_connection=local\n")
    assert "watch: expected a host's name" in prepctl("collect-logs").stderr


def call(**window: str) -> dict[str, Any]:
    return {"id": "made_up", "zone": "America/Monterrey", "windows": {"access_logs": window}}


def test_the_window_is_by_the_calls_clock() -> None:
    made = call(opens="2022-06-05 00:00", closes="2022-06-12 23:59")
    later = OPENING + 3600 * 24 * 365
    span = window.resolve(made, None, None, later)
    assert (span.since, span.until, span.name) == (OPENING - 20 * 3600, OPENING + 7 * 86400 + 4 * 3600 - 1, "made_up")
    # Since October 2022 there is no summer time there.
    span = window.resolve(made, "2024-06-02 20:00", "2024-06-02T20:30-06:00", later + 86400 * 366)
    assert span.until - span.since == 1800
    assert span.told()["opens"] == "2024-06-02T20:00:00-06:00"
    day = window.resolve(made, "2022-06-05", "2022-06-05", later)
    assert day.until - day.since == 86399
    assert window.resolve(made, "2022-06-06T01:00:00Z", None, later).since == OPENING
    assert window.resolve(made, "2023-01-01", None, later).until == later
    with pytest.raises(PrepctlError, match="nothing to collect"):
        window.resolve(made, None, None, OPENING - 86400)
    with pytest.raises(PrepctlError, match='--since: expected "YYYY-MM-DD HH:MM"'):
        window.resolve(made, "yesterday", None, later)


def test_one_directory_holds_one_window(tmp_path: Path) -> None:
    from prepctl.logs import collect

    first = window.Window(1, 10, "UTC", "x")
    collect._same_window(tmp_path, first)
    collect._same_window(tmp_path, window.Window(1, 11, "UTC", "x"))
    for other in (window.Window(2, 11, "UTC", "x"), first):
        with pytest.raises(PrepctlError, match="expected the same window"):
            collect._same_window(tmp_path, other)
    with collect._locked(tmp_path), pytest.raises(PrepctlError, match="another prepctl"), collect._locked(tmp_path):
        pass
