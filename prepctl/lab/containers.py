"""The lab's network and containers."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from prepctl.lab.images import tag_for
from prepctl.lab.plan import Lab, Machine
from prepctl.lab.shell import LabError, docker, run

# What systemd, firewalld with nftables and chrony need; --privileged is not available everywhere.
CAPABILITIES = (
    "SYS_ADMIN", "NET_ADMIN", "NET_RAW", "SYS_PTRACE", "DAC_READ_SEARCH", "AUDIT_WRITE", "AUDIT_CONTROL",
)  # fmt: skip
BOOT_TIMEOUT_S = 60
# So many are waited for at a time: each wait is a process in a machine that has enough to do.
SIDE_BY_SIDE = 8
INOTIFY_INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")


def uplink_mtu() -> str:
    """MTU of this machine's default route: a larger one inside would lose packets on the way out."""
    route = run(["ip", "-o", "route", "show", "default"]).split()
    if "dev" not in route:
        return "1500"
    device = route[route.index("dev") + 1]
    match = re.search(r"mtu (\d+)", run(["ip", "-o", "link", "show", "dev", device]))
    return match.group(1) if match else "1500"


def create_network(lab: Lab) -> None:
    """Make the lab's network unless it is there."""
    known = docker("network", "ls", "-q", "--filter", f"label={lab.label}").split()
    if known:
        return
    docker(
        "network", "create", "--label", lab.label, "--subnet", str(lab.subnet), "--gateway", lab.gateway,
        "-o", f"com.docker.network.driver.mtu={uplink_mtu()}", lab.network,
    )  # fmt: skip


def states(lab: Lab) -> dict[str, str]:
    """{machine name: running | exited | ...} of the containers that this lab has."""
    out = docker("ps", "-a", "--filter", f"label={lab.label}", "--format", '{{.Label "iepc.prep.machine"}} {{.State}}')
    return dict(line.split() for line in out.splitlines() if line.strip())


def write_resolver(lab: Lab) -> None:
    """Give the machines this host's own name servers.

    Docker's embedded resolver lives behind NAT rules inside each container, and a firewall that is
    started there flushes them, as it should.
    """
    # systemd-resolved's stub on 127.0.0.53 can't be reached from another network namespace.
    candidates = (Path("/run/systemd/resolve/resolv.conf"), Path("/etc/resolv.conf"))
    text = next(path for path in candidates if path.exists()).read_text()
    (lab.private / "resolv.conf").write_text(text)


def start_all(lab: Lab) -> None:
    """Create or start every machine and wait until each has booted."""
    have = states(lab)
    for machine in lab.members:
        if machine.name not in have:
            _create(lab, machine)
        elif have[machine.name] != "running":
            docker("start", lab.container(machine))
    with ThreadPoolExecutor(max_workers=min(len(lab.members), SIDE_BY_SIDE)) as pool:
        list(pool.map(lambda machine: _wait_until_booted(lab, machine), lab.members))


def remove_all(lab: Lab) -> int:
    """Remove the containers and the network that carry this lab's label; return how many containers."""
    containers = docker("ps", "-aq", "--filter", f"label={lab.label}").split()
    if containers:
        docker("rm", "-f", "-v", *containers)
    networks = docker("network", "ls", "-q", "--filter", f"label={lab.label}").split()
    if networks:
        docker("network", "rm", *networks)
    return len(containers)


def execute(lab: Lab, machine: Machine, *argv: str, input_text: str | None = None) -> str:
    """Run a command inside a machine, as its console would."""
    return docker(
        "exec",
        *(["-i"] if input_text is not None else []),
        lab.container(machine),
        *argv,
        input_text=input_text,
    )


def serve_time(lab: Lab, machine: Machine) -> None:
    """Let a machine give the lab its time: what it has is this host's clock, which it only reads (-x)."""
    script = f"""
        printf 'local stratum 8\\nallow {lab.subnet}\\n' > /etc/chrony/chrony.conf
        echo 'DAEMON_OPTS="-F 1 -x"' > /etc/default/chrony
        mkdir -p /etc/systemd/system/chrony.service.d
        printf '[Unit]\\nConditionCapability=\\n' > /etc/systemd/system/chrony.service.d/lab.conf
        systemctl daemon-reload && systemctl restart chrony
    """
    execute(lab, machine, "sh", "-ec", script)


def _create(lab: Lab, machine: Machine) -> None:
    options = [f"--cap-add={capability}" for capability in CAPABILITIES]
    docker(
        "run", "-d", "--name", lab.container(machine), "--hostname", machine.name,
        "--label", lab.label, "--label", f"iepc.prep.machine={machine.name}",
        "--network", lab.network, "--ip", lab.address(machine), *options,
        "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined",
        "--cgroupns=host", "-v", "/sys/fs/cgroup:/sys/fs/cgroup:rw",
        "-v", f"{lab.private / 'resolv.conf'}:/etc/resolv.conf:ro",
        "--tmpfs", "/run", "--tmpfs", "/tmp", "--stop-signal", "SIGRTMIN+3",
        tag_for(machine.suite), "/lib/systemd/systemd",
    )  # fmt: skip


def _wait_until_booted(lab: Lab, machine: Machine) -> None:
    """Wait for systemd to have settled; a degraded machine is told apart from a dead one."""
    deadline = time.monotonic() + BOOT_TIMEOUT_S
    while True:
        try:
            # Host keys were left out of the image on purpose; the first boot makes them.
            execute(
                lab,
                machine,
                "sh",
                "-c",
                "ssh-keygen -A >/dev/null && systemctl start ssh && systemctl is-active ssh",
            )
            return
        except LabError as error:
            state = json.loads(docker("inspect", lab.container(machine)))[0]["State"]["Status"]
            if state == "exited":
                # systemd says nothing of it to anybody, and it is what happens beside other labs.
                limit = INOTIFY_INSTANCES.read_text().strip()
                raise LabError(
                    f"{machine.name}: its systemd ended at once. Too many containers for this host's "
                    f"fs.inotify.max_user_instances={limit}? As root: sysctl -w fs.inotify.max_user_instances=1024"
                ) from None
            if time.monotonic() > deadline:
                raise LabError(
                    f"{machine.name} did not boot within {BOOT_TIMEOUT_S} s (container {state}): {error}"
                ) from None
            time.sleep(0.3)
