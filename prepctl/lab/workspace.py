"""The lab's workspace: keys, known hosts, secrets and the inventory with its addresses.

What is fixed (outlets, contacts, playbook) is committed in inventories/lab; what each
machine makes anew goes to ``.lab/`` beside it, private.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

from prepctl.lab.containers import execute
from prepctl.lab.plan import MACHINES, MOST_DIFFUSERS, Lab, Machine, planned
from prepctl.lab.shell import LabError, run

KEY = "id_ed25519"
# The committed lab workspace, from which others (Molecule's, a second lab) are copied.
TEMPLATE = Path(__file__).resolve().parents[2] / "inventories" / "lab"
COPIED = ("ansible.cfg", "site.yml", "check.yml", "group_vars", "host_vars")
# The outlet of a further diffuser is this one under another name.
MODEL = "difusor12"
MODEL_WORDS = ("Radio Sierra Madre", "radiosierra")
# How the machines are reached, and nothing about the call or the outlets.
CONNECTION = ("ansible.cfg", "group_vars/all.yml")


def prepare(lab: Lab, *, connection_only: bool = False) -> None:
    """Have a workspace with everything but what only running machines can tell."""
    lab.workspace.mkdir(parents=True, exist_ok=True)
    if lab.workspace.resolve() != TEMPLATE:
        _copy_template(lab.workspace, CONNECTION if connection_only else COPIED)
    lab.private.mkdir(mode=0o700, exist_ok=True)
    key = lab.private / KEY
    if not key.exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"lab {lab.name}", "-f", str(key)])
    for machine in lab.machines("diffuser"):
        secret = lab.private / f"rsync-{machine.name}"
        if not secret.exists():
            _write_private(secret, secrets.token_urlsafe(24) + "\n")
    if not connection_only:
        _write_outlets(lab)


def connect(lab: Lab) -> None:
    """Let the control node in and learn the machines' host keys over the console, not the network."""
    public = (lab.private / f"{KEY}.pub").read_text()
    # A machine that has the key already stays as it is: `site.yml` would take it for touched.
    let_in = """
        install -d -m 700 /root/.ssh && cd /root/.ssh && cat > /run/lab.pub
        cmp -s /run/lab.pub authorized_keys || cat /run/lab.pub > authorized_keys
    """
    known = []
    for machine in lab.members:
        execute(lab, machine, "sh", "-ec", let_in, input_text=public)
        for line in execute(lab, machine, "sh", "-c", "cat /etc/ssh/ssh_host_*_key.pub").splitlines():
            kind, blob = line.split()[:2]
            known.append(f"{lab.address(machine)} {kind} {blob}")
    _write_private(lab.private / "known_hosts", "\n".join(known) + "\n")
    inventory = lab.workspace / "diffusers.ini"
    text = _inventory(lab)
    if not inventory.exists() or inventory.read_text() != text:
        inventory.write_text(text)


def _inventory(lab: Lab) -> str:
    lines = [
        "# Written by `prepctl lab up`: the lab's diffusers, and the reader as a vantage point.",
        "[diffusers]",
    ]
    lines += [_host_line(lab, machine) for machine in lab.machines("diffuser")]
    lines += [
        "",
        "# Hosts that look at the diffusers from outside; this one is not in the allow-list.",
        "[vantage_points]",
    ]
    lines += [_host_line(lab, machine) for machine in lab.machines("reader")]
    lines += ["", "[origins]"]
    lines += [_host_line(lab, machine) for machine in lab.machines("origin")]
    lines += ["", "[all:vars]", f"lab_control_node={lab.gateway}"]
    for role in ("origin", "reader"):
        lines += [f"lab_{role}={lab.address(machine)}" for machine in lab.machines(role)]
    return "\n".join(lines) + "\n"


def _host_line(lab: Lab, machine: Machine) -> str:
    return f"{machine.name} ansible_host={lab.address(machine)} ansible_python_interpreter={machine.python}"


def _copy_template(workspace: Path, names: Sequence[str]) -> None:
    if not TEMPLATE.is_dir():
        raise LabError("the lab's workspace template is only in a checkout; run this from one")
    for name in names:
        source, target = TEMPLATE / name, workspace / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy2(source, target)


def _write_outlets(lab: Lab) -> None:
    """Have the outlets of the further diffusers, and none of a larger lab that was there before."""
    for machine in planned(MOST_DIFFUSERS)[len(MACHINES) :]:
        if machine in lab.members:
            write_outlet(lab.workspace, machine)
        else:
            _outlet_file(lab.workspace, machine).unlink(missing_ok=True)


def _outlet_file(workspace: Path, machine: Machine) -> Path:
    """Where a diffuser's outlet is described."""
    return workspace / f"host_vars/{machine.name}.yml"


def write_outlet(workspace: Path, machine: Machine) -> None:
    """Have variables of a further diffuser's outlet: name and domain are its own."""
    title, domain = MODEL_WORDS
    text = (workspace / f"host_vars/{MODEL}.yml").read_text(encoding="utf-8")
    text = text.replace(title, f"Medio {machine.offset}").replace(domain, machine.name)
    _outlet_file(workspace, machine).write_text(text, encoding="utf-8")


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
