"""What a lab consists of: names, addresses, systems. Pure data, no I/O."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

DEFAULT_NAME = "lab"
DEFAULT_SUBNET = "172.30.97.0/24"


@dataclass(frozen=True)
class Machine:
    """One container: ``offset`` is its place in the subnet, ``suite`` its Debian release."""

    name: str
    offset: int
    suite: str
    role: str  # diffuser, origin or reader
    python: str = "/usr/bin/python3"


MACHINES = (
    # Debian 11 is the stand-in for CentOS 7: the last system here that still has a Python 2.7.
    Machine("difusor11", 11, "bullseye", "diffuser", "/usr/bin/python2.7"),
    Machine("difusor12", 12, "bookworm", "diffuser"),
    Machine("difusor13", 13, "trixie", "diffuser"),
    Machine("origen", 20, "bookworm", "origin"),
    Machine("lector", 30, "bookworm", "reader"),
)

# Further diffusers, all like difusor12, stand behind everybody's addresses: difusor150, difusor151 and so on.
FIRST_FURTHER = 150
DEFAULT_DIFFUSERS = sum(machine.role == "diffuser" for machine in MACHINES)
MOST_DIFFUSERS = DEFAULT_DIFFUSERS + 100


def planned(diffusers: int = DEFAULT_DIFFUSERS) -> tuple[Machine, ...]:
    """The machines of a lab with so many diffusers, at least the default ones."""
    more = range(FIRST_FURTHER, FIRST_FURTHER + diffusers - DEFAULT_DIFFUSERS)
    return MACHINES + tuple(Machine(f"difusor{offset}", offset, "bookworm", "diffuser") for offset in more)


# Packages of the base image of every machine, and what single releases add.
BASE_PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "openssh-server", "ca-certificates",
    "iproute2", "python3", "python3-apt",
)  # fmt: skip
SUITE_PACKAGES = {"bullseye": ("python2.7",)}
# The origin and the reader are not hosts that Ansible configures: their tools are in the image.
CLIENT_PACKAGES = ("rsync", "curl", "openssh-client", "sshpass", "netcat-openbsd", "chrony")


@dataclass(frozen=True)
class Lab:
    """A lab's identity: its name labels everything, its workspace holds keys and inventory.

    ``members`` are the machines that it has; one role's test needs fewer than the main job.
    """

    name: str
    subnet: ipaddress.IPv4Network
    workspace: Path
    members: tuple[Machine, ...] = MACHINES

    @property
    def label(self) -> str:
        return f"iepc.prep.lab={self.name}"

    @property
    def network(self) -> str:
        return f"iepc-prep-{self.name}"

    @property
    def private(self) -> Path:
        """Where keys, secrets and known hosts are made; never committed."""
        return self.workspace / ".lab"

    def container(self, machine: Machine) -> str:
        return f"{self.network}-{machine.name}"

    def address(self, machine: Machine) -> str:
        return str(self.subnet.network_address + machine.offset)

    @property
    def gateway(self) -> str:
        """The control node as the servers see it: the host's own end of the network."""
        return str(self.subnet.network_address + 1)

    def machines(self, role: str) -> list[Machine]:
        return [machine for machine in self.members if machine.role == role]
