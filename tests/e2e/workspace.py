"""The lab as the tests use it: its machines, its playbooks, its reports.

Everything goes the way that a person would go: ``ansible-playbook`` in the workspace, SSH with
the workspace's key, ``docker`` only where the console of a machine is meant.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parents[2]
# bin/demo's lab, unless another one is named (`prepctl lab up --name NAME --workspace DIR`).
LAB_NAME = os.environ.get("PREP_LAB_NAME", "lab")
LAB = Path(os.environ.get("PREP_LAB_WORKSPACE", TOP / "inventories/lab")).resolve()
DIFFUSERS = ("difusor11", "difusor12", "difusor13")
# Those that cuts are published to, and the playbook that made them; a lab of other systems names its own.
MIRRORS = tuple(os.environ.get("PREP_LAB_DIFFUSERS", ",".join(DIFFUSERS)).split(","))
PLAYBOOK = os.environ.get("PREP_LAB_PLAYBOOK", "site.yml")
RECAP = re.compile(
    r"^(?P<host>\S+)\s+: ok=(?P<ok>\d+)\s+changed=(?P<changed>\d+)\s+unreachable=(?P<unreachable>\d+)"
    r"\s+failed=(?P<failed>\d+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Done:
    """A finished command: exit code and what it wrote."""

    rc: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Return both outputs, for messages."""
        return self.out + self.err

    def recap(self) -> dict[str, dict[str, int]]:
        """Return Ansible's recap: ``{host: {ok, changed, unreachable, failed}}``."""
        return {
            found["host"]: {name: int(found[name]) for name in ("ok", "changed", "unreachable", "failed")}
            for found in RECAP.finditer(self.out)
        }


def run(*argv: str, cwd: Path = TOP, timeout: int = 600) -> Done:
    """Run a program and return what became of it, whatever its exit code."""
    env = {**os.environ, "ANSIBLE_NOCOLOR": "1", "NO_COLOR": "1", "COLUMNS": "200"}
    done = subprocess.run(
        argv, cwd=cwd, env=env, timeout=timeout, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return Done(done.returncode, done.stdout, done.stderr)


def playbook(name: str, *options: str, cwd: Path = LAB) -> Done:
    """Run a playbook of the workspace as a person would: in it, over ``diffusers.ini``."""
    return run("ansible-playbook", name, "-i", "diffusers.ini", *options, cwd=cwd)


def addresses(workspace: Path = LAB) -> dict[str, str]:
    """Return ``{machine: address}`` of the workspace's inventory."""
    text = (workspace / "diffusers.ini").read_text()
    return dict(re.findall(r"^(\S+) ansible_host=(\S+)", text, re.MULTILINE))


def ssh_to(machine: str) -> list[str]:
    """Return the command that enters a machine over SSH, from the control node; a script may follow."""
    private = LAB / ".lab"
    options = (
        f"UserKnownHostsFile={private / 'known_hosts'}",
        "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes",
        "BatchMode=yes",
        "ConnectTimeout=10",
    )
    argv = ["ssh", "-n", "-i", str(private / "id_ed25519")]
    argv += [word for option in options for word in ("-o", option)]
    return [*argv, f"root@{addresses()[machine]}"]


def on(machine: str, script: str) -> Done:
    """Run a shell script on a machine over SSH, from the control node."""
    return run(*ssh_to(machine), script)


def must(machine: str, script: str) -> str:
    """Run a script that has to succeed on a machine; return its output."""
    done = on(machine, script)
    assert done.rc == 0, f"{machine}: {script}: exit code {done.rc}\n{done.text}"
    return done.out


def container(machine: str) -> str:
    """Return the id of the container that is a machine of the lab, running or not."""
    done = run(
        "docker",
        "ps",
        "-aq",
        "--filter",
        f"label=iepc.prep.lab={LAB_NAME}",
        "--filter",
        f"label=iepc.prep.machine={machine}",
    )
    assert done.out.strip(), f"no container is {machine}: run bin/demo first"
    return done.out.strip()


def console(host: str, script: str) -> None:
    """Run something on the server as its console would: a broken way in does not matter there."""
    done = run("docker", "exec", container(host), "sh", "-ec", script)
    assert done.rc == 0, done.text


def opens(machine: str, target: str, port: int) -> bool:
    """Tell whether a TCP connection from a machine to a diffuser's port succeeds within 3 s."""
    return on(machine, f"nc -z -w 3 {addresses()[target]} {port}").rc == 0


def wait_for_ssh(machine: str, seconds: float = 60) -> None:
    """Wait until a machine can be entered."""
    deadline = time.monotonic() + seconds
    while on(machine, "true").rc != 0:
        assert time.monotonic() < deadline, f"{machine} did not come back within {seconds} s"
        time.sleep(1)


def newest_report() -> dict[str, Any]:
    """Return the newest ``compliance.json`` of the workspace."""
    found = sorted((LAB / "reports").glob("*/compliance.json"), key=lambda path: path.stat().st_mtime_ns)
    assert found, "no report was written"
    return json.loads(found[-1].read_text(encoding="utf-8"))


def report_of(done: Done) -> dict[str, Any]:
    """Return the ``compliance.json`` that a run says it wrote; runs may be side by side."""
    found = re.findall(r"(\S+/)compliance\.html", done.out)
    assert found, f"the run names no report:\n{done.out[-3000:]}"
    return json.loads((Path(found[-1].strip("'\"")) / "compliance.json").read_text(encoding="utf-8"))


def diffuser(report: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what a report says of one diffuser."""
    return next(entry for entry in report["diffusers"] if entry["name"] == name)


def results(report: dict[str, Any], name: str) -> dict[str, str]:
    """Return ``{control: result}`` of one diffuser."""
    return {entry["control"]: entry["result"] for entry in diffuser(report, name)["results"]}
