"""Connections to the scenario's machines: real SSH, with the workspace's key and known hosts.

``host`` is each diffuser in turn; ``origin`` is the allow-listed address, ``reader`` one that
is not. All are testinfra hosts.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import testinfra

SCENARIO = Path(os.environ.get("MOLECULE_SCENARIO_DIRECTORY", Path(__file__).resolve().parents[1]))
WORKSPACE = SCENARIO / ".lab"


def inventory() -> dict:
    """Return the workspace's inventory as ``ansible-inventory --list`` gives it."""
    argv = ["ansible-inventory", "-i", str(WORKSPACE / "diffusers.ini"), "--list"]
    return json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)


INVENTORY = inventory() if (WORKSPACE / "diffusers.ini").exists() else {}
DIFFUSERS = sorted(INVENTORY.get("diffusers", {}).get("hosts", []))


def address(name: str) -> str:
    """Return the address of a machine of the inventory."""
    return INVENTORY["_meta"]["hostvars"][name]["ansible_host"]


def connect(name: str, config: Path):
    """Return a testinfra host for a machine of the inventory."""
    return testinfra.get_host(f"ssh://root@{name}", ssh_config=str(config))


@pytest.fixture(scope="session")
def ssh_config(tmp_path_factory) -> Path:
    """Return an ssh_config that knows every machine by its inventory name."""
    path = tmp_path_factory.mktemp("ssh") / "config"
    blocks = [
        f"Host {name}\n  HostName {address(name)}\n  HostKeyAlias {address(name)}\n"
        for name in INVENTORY["_meta"]["hostvars"]
    ]
    blocks.append(
        "Host *\n"
        f"  IdentityFile {WORKSPACE / '.lab/id_ed25519'}\n"
        f"  UserKnownHostsFile {WORKSPACE / '.lab/known_hosts'}\n"
        "  StrictHostKeyChecking yes\n"
        "  IdentitiesOnly yes\n"
        "  ControlMaster auto\n"
        f"  ControlPath {path.parent}/%C\n"
        "  ControlPersist 30\n"
    )
    path.write_text("\n".join(blocks))
    return path


@pytest.fixture(scope="module", params=DIFFUSERS)
def host(request, ssh_config):
    """Return each diffuser in turn."""
    connected = connect(request.param, ssh_config)
    connected.name, connected.address = request.param, address(request.param)
    return connected


def _one(group: str, config: Path):
    members = INVENTORY.get(group, {}).get("hosts", [])
    if not members:
        pytest.skip(f"this scenario has no {group}")
    connected = connect(members[0], config)
    connected.name, connected.address = members[0], address(members[0])
    return connected


@pytest.fixture(scope="session")
def reader(ssh_config):
    """Return a machine whose address is in no allow-list."""
    return _one("vantage_points", ssh_config)


@pytest.fixture(scope="session")
def origin(ssh_config):
    """Return a machine whose address is in the allow-list and that is no control node."""
    return _one("origins", ssh_config)


@pytest.fixture(scope="module")
def secret(host) -> str:
    """Return the path of the file with this diffuser's rsync secret."""
    return str(WORKSPACE / ".lab" / f"rsync-{host.name}")
